#!/usr/bin/env bash
# Measures pixmill beside sharp, vipsthumbnail and GraphicsMagick on the same photographs, in turns.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/peer-sharp.sh"
runs=5

usage() {
    cat <<END
usage: scripts/bench-peers.sh [--runs=N] [--corpus=DIR] [WORK...]

  A  baseline JPEG    fit 800, JPEG q80      E  PNG               fit 800, JPEG q80
  B  progressive JPEG fit 800, JPEG q80      F  PNG               fit 800, PNG
  C  progressive JPEG fit 200, JPEG q80      G  baseline JPEG, each once, blur sigma 5, JPEG q80
  D  baseline JPEG    fit 200, JPEG q80

  WORK...         which of them (A E)
  --runs=N        runs of each program, after one to warm up ($runs)
  --corpus=DIR    where scripts/corpus.sh lays the photographs ($cache/corpus)

The programs take turns, each run into a fresh folder in memory; medians count, and only the ratios of one table mean anything.
\$PIXMILL names the command to measure (build/pixmill). sharp is installed into $cache.
END
}

fail() {
    echo "bench-peers.sh: $1" >&2
    exit 2
}

pixmill=${PIXMILL:-$top/build/pixmill}
corpus=$cache/corpus
works=()
for argument; do
    case $argument in
    -h | --help) usage && exit 0 ;;
    --runs=*) runs=${argument#*=} ;;
    --corpus=*) corpus=${argument#*=} ;;
    [A-G]) works+=("$argument") ;;
    *) fail "$argument is unknown (see --help)" ;;
    esac
done
[ ${#works[@]} -gt 0 ] || works=(A E)
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs=$runs is no number of runs"
[ -x "$pixmill" ] || fail "$pixmill is not there (run make first)"

install_peers() {
    "$top/scripts/setup.sh" time graphicsmagick libvips-tools mate-backgrounds plasma-workspace-wallpapers
    install_sharp
    "$top/scripts/corpus.sh" "$corpus" >/dev/null
}

# The files of a work, one path a line.
inputs() {
    case $1 in
    A | D) find "$corpus/baseline" -type f ;;
    B | C) find "$corpus/progressive" -type f ;;
    E | F) find "$corpus/png" -type f ;;
    G) find "$corpus/baseline" -type f -name '*-1.jpg' ;;
    esac | LC_ALL=C sort
}

# Sets $command to what runs a program on a work. vipsthumbnail and gm take files one after the other; so that they use every
# processor, as many processes of one thread each run at a time. gm's -size lets it shrink a JPEG while decoding it.
set_command() {
    local program=$1 in=$3 out=$4 size=800 kind=jpeg
    case $2 in C | D) size=200 ;; F) kind=png ;; G) kind=blur ;; esac
    local batch=$((($(find "$in" -mindepth 1 | wc -l) + 4 * jobs - 1) / (4 * jobs)))
    local each=(env -C "$in" OMP_NUM_THREADS=1 VIPS_CONCURRENCY=1 VIPS_WARNING=0 xargs -0 -P "$jobs" -n "$batch" -a "$in.list")
    case $program-$kind in
    pixmill-blur) command=("$pixmill" run --quiet --jobs="$jobs" --blur=5 --quality=80 "$in" -o "$out") ;;
    pixmill-*) command=("$pixmill" run --quiet --jobs="$jobs" --resize="${size}x$size" --format="$kind" --quality=80 "$in" -o "$out") ;;
    sharp-*) command=("$node" "$top/scripts/sharp-peer.mjs" "$cache" "$in" "$out" "$jobs" "$kind" "$size") ;;
    vipsthumbnail-jpeg) command=("${each[@]}" vipsthumbnail --size="${size}x$size" -o "$out/%s.jpg[Q=80,strip,background=255]") ;;
    vipsthumbnail-png) command=("${each[@]}" vipsthumbnail --size="${size}x$size" -o "$out/%s.png[strip]") ;;
    gm-blur) command=("${each[@]}" gm mogrify -output-directory "$out" -blur 0x5 -quality 80) ;;
    gm-png) command=("${each[@]}" gm mogrify -output-directory "$out" -resize "${size}x$size") ;;
    gm-jpeg) command=("${each[@]}" gm mogrify -output-directory "$out" -size "${size}x$size" -resize "${size}x$size" -quality 80 -format jpg) ;;
    *) return 1 ;;
    esac
}

# Runs $command once; adds a line "wall cpu memory" (seconds, seconds, KiB) to the file named.
measure() {
    local start=${EPOCHREALTIME/[^0-9]/} end
    /usr/bin/time -q -f '%U %S %M' -o "$work_dir/time" "${command[@]}" >"$work_dir/said" 2>&1 || {
        tail -n 5 "$work_dir/said" >&2
        fail "this failed: ${command[*]}"
    }
    end=${EPOCHREALTIME/[^0-9]/}
    awk -v us=$((end - start)) '{ printf "%.6f %.2f %d\n", us / 1e6, $1 + $2, $3 }' "$work_dir/time" >>"$1"
}

median() {
    sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# What came out: how many files, how many MB, and how many differ in size, by more than a pixel of rounding, from pixmill's.
describe() {
    local out=$1
    (cd "$out" && gm identify -format '%f %w %h\n' ./* 2>/dev/null | grep . | LC_ALL=C sort) >"$out.sizes"
    awk -v bytes="$(du -sb --apparent-size "$out" | cut -f1)" '
        NR == FNR { w[$1] = $2; h[$1] = $3; next }
        { files++; if (!($1 in w) || ($2 - w[$1]) ^ 2 > 1 || ($3 - h[$1]) ^ 2 > 1) other++ }
        END { printf "%d files, %.1f MB%s\n", files, bytes / 1e6, other ? ", " other " of another size" : "" }' \
        "$work_dir/pixmill.sizes" "$out.sizes"
}

run_work() {
    local work=$1 program round in=$work_dir/in wall sharps
    local programs=(sharp pixmill vipsthumbnail gm)
    [ "$work" != G ] || programs=(sharp pixmill gm)
    rm -rf "$in" && mkdir "$in"
    inputs "$work" | xargs -d '\n' ln -s -t "$in"
    find "$in" -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z >"$in.list"
    rm -f "$work_dir"/*.times
    for ((round = 0; round <= runs; round++)); do
        for program in "${programs[@]}"; do
            rm -rf "${work_dir:?}/$program" && mkdir "$work_dir/$program"
            set_command "$program" "$work" "$in" "$work_dir/$program"
            if [ "$round" -eq 0 ]; then measure /dev/null; else measure "$work_dir/$program.times"; fi
        done
    done
    sharps=$(cut -d' ' -f1 "$work_dir/sharp.times" | median)
    describe "$work_dir/pixmill" >/dev/null
    for program in pixmill sharp vipsthumbnail gm; do
        [ -f "$work_dir/$program.times" ] || continue
        wall=$(cut -d' ' -f1 "$work_dir/$program.times" | median)
        printf '| %s | %s | %.3f | %.2f | %.0f | %.2f | %s |\n' "$work" "$program" "$wall" \
            "$(cut -d' ' -f2 "$work_dir/$program.times" | median)" \
            "$(cut -d' ' -f3 "$work_dir/$program.times" | median | awk '{ print $1 / 1024 }')" \
            "$(awk -v a="$wall" -v b="$sharps" 'BEGIN { print a / b }')" "$(describe "$work_dir/$program")"
    done
}

install_peers
jobs=$(nproc)
memory=${TMPDIR:-/dev/shm}
[ -d "$memory" ] || memory=/tmp
work_dir=$(mktemp -d -p "$memory")
trap 'rm -rf "$work_dir"' EXIT

echo "$("$pixmill" --version | head -n 1), sharp $("$node" -p "require('$cache/node_modules/sharp/package.json').version") (Node $("$node" -v))," \
    "$(vipsthumbnail --version), $(gm version | head -n 1 | cut -d' ' -f1,2); $jobs processors; medians of $runs runs."
echo
echo "| work | program | wall, s | CPU, s | peak MiB of its largest process | wall / sharp's | results |"
echo "| --- | --- | ---: | ---: | ---: | ---: | --- |"
for work in "${works[@]}"; do
    run_work "$work"
done
