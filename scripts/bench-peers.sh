#!/usr/bin/env bash
# Measures pixmill, sharp, vipsthumbnail and GraphicsMagick on the same photographs, in turns; and with libjpeg's decoder in place
# of its own.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/peer-sharp.sh"
runs=5

programs=sharp,pixmill,vipsthumbnail,gm,mogrify
slow=6
several=320,640,960,1280,1600,1920 # widths of work P

usage() {
    cat <<END
usage: scripts/bench-peers.sh [--runs=N] [--corpus=DIR] [--programs=LIST] [WORK...]

  A  baseline JPEG    fit 800, JPEG q80      E  PNG               fit 800, JPEG q80
  B  progressive JPEG fit 800, JPEG q80      F  PNG               fit 800, PNG
  C  progressive JPEG fit 200, JPEG q80      G  baseline JPEG, each once, blur sigma 5, JPEG q80
  D  baseline JPEG    fit 200, JPEG q80      H  one baseline JPEG of 64 MP, fit 50;  I  the same, progressive
  K  baseline JPEG    fit 800, WebP q80      L  WebP              fit 800, JPEG q80;  L2  the same, fit 200, WebP q80
  M  2 100 JPEG of at most 320 pixels, fit 160, JPEG q80
  O  baseline JPEG of Display P3 or Adobe RGB, to sRGB, fit 800, JPEG q80
  P  baseline JPEG, each once, six widths of 320 to 1920, each as JPEG and as WebP q80;  P2  the same, WebP at effort 2 of pixmill
     alone (sharp's way is clone(): one decoding, a pipeline for each result)
  N  AVIF 4:2:0, fit 800, JPEG q80; N4  AVIF 4:4:4, the same;  N2  baseline JPEG, each once, AVIF at sharp's default quality
  Q  HEIC, each once, fit 800, JPEG q80: against vipsthumbnail, as npm's sharp reads none
  R  TIFF with LZW, fit 800, JPEG q80;  R2  the same with JPEG strips;  R3  pyramids of deflated tiles
  S  animated GIF, fit 400, WebP q80;   S2  animated WebP, the same
  W  the PNG made into JPEG 4:2:0 of quality 95, to PNG of 1/2, 1/3, 1/4, 1/6, 1/8 and 1/12 of the width: quality alone, against the
     original, of pixmill and sharp

  WORK...           which of them (all)
  --runs=N          runs of each program, after one to warm up ($runs)
  --corpus=DIR      where scripts/corpus.sh lays the photographs ($cache/corpus)
  --programs=LIST   who runs ($programs);
                    pixmill-libjpeg is pixmill --jpeg=libjpeg, and runs where JPEGs are read

The programs take turns, each run into a fresh folder in memory; medians count, and only the ratios of one table mean anything.
A program whose first run takes over $slow times as long as sharp's is not run again: that one run is shown. All works together
take about a quarter of an hour on 2 cores. Inputs are made when a work first needs them, and kept. The results are held against a reference in double precision, file by file.

\$PIXMILL and \$QUALITY name the programs to use (build/pixmill, build/quality). sharp is installed into $cache.
END
}

fail() {
    echo "bench-peers.sh: $1" >&2
    exit 2
}

pixmill=${PIXMILL:-$top/build/pixmill}
quality=${QUALITY:-$top/build/quality}
corpus=$cache/corpus
works=()
for argument; do
    case $argument in
    -h | --help) usage && exit 0 ;;
    --runs=*) runs=${argument#*=} ;;
    --corpus=*) corpus=${argument#*=} ;;
    --programs=*) programs=${argument#*=} ;;
    [A-IKLMNOPQRSW] | L2 | N2 | N4 | P2 | R2 | R3 | S2) works+=("$argument") ;;
    *) fail "$argument is unknown (see --help)" ;;
    esac
done
[ ${#works[@]} -gt 0 ] || works=(A B C D E F G H I K L L2 M N N2 N4 O P P2 Q R R2 R3 S S2 W)
[[ ,$programs, == *,sharp,* && ,$programs, == *,pixmill,* ]] || fail "--programs=$programs lacks sharp or pixmill"
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs=$runs is not a number of runs"
for program in "$pixmill" "$quality"; do
    [ -x "$program" ] || fail "$program is not there (run make bench-peers)"
done

install_peers() {
    local work
    "$top/scripts/setup.sh" time python3 graphicsmagick imagemagick libvips-tools colord-data mate-backgrounds plasma-workspace-wallpapers
    install_sharp
    [ -d "$corpus/png" ] || "$top/scripts/corpus.sh" "$corpus" >/dev/null
    [ -d "$corpus/large" ] || make_large
    [ -d "$corpus/webp" ] || make_webp
    [ -d "$corpus/color" ] || make_color
    [ -d "$corpus/small" ] || make_small
    for work in "${works[@]}"; do
        case $work in
        N) make_kind avif420 avif ;;
        N4) make_kind avif444 avif ;;
        R) make_kind tiff-lzw tif ;;
        R2) make_kind tiff-jpeg tif ;;
        R3) make_kind tiff-pyramid tif ;;
        Q) make_heic ;;
        S*) make_animated ;;
        esac
    done
}

# Inputs are made once: a folder that is there is used again.
say_making() {
    echo "pixmill: making $corpus/$1 (once)" >&2
}

# Works on AVIF and TIFF: the photographs as sharp writes them, four of each.
make_kind() {
    local kind=$1 suffix=$2 file copy in=$work_dir/kind.in
    [ ! -d "$corpus/$kind" ] || return 0
    say_making "$kind"
    rm -rf "$corpus/$kind.part" "$in" && mkdir "$corpus/$kind.part" "$in"
    find "$corpus/baseline" -name '*-1.jpg' -print0 | xargs -0 ln -s -t "$in"
    "$node" "$top/scripts/sharp-peer.mjs" "$cache" "$in" "$corpus/$kind.part" "$jobs" "$kind"
    for file in "$corpus/$kind.part"/*; do
        for copy in 2 3 4; do ln "$file" "${file%-1."$suffix"}-$copy.$suffix"; done
    done
    mv "$corpus/$kind.part" "$corpus/$kind"
}

# Work Q: by libheif's encoder.
make_heic() {
    [ ! -d "$corpus/heic" ] || return 0
    say_making heic
    "$top/scripts/setup.sh" libheif-examples
    rm -rf "$corpus/heic.part" && mkdir "$corpus/heic.part"
    find "$corpus/baseline" -name '*-1.jpg' -printf '%f\0' | xargs -0 -P "$jobs" -I{} bash -c \
        'heif-enc -q 90 -p preset=veryfast -o "$2/${3%.jpg}.heic" "$1/$3" >/dev/null' heic "$corpus/baseline" "$corpus/heic.part" {}
    mv "$corpus/heic.part" "$corpus/heic"
}

# Works S and S2: six photographs, each as 16 frames of 640 x 400 that pan over it, by ImageMagick; and these as WebP by sharp.
make_animated() {
    [ ! -d "$corpus/animated-webp" ] || return 0
    say_making animated-gif
    rm -rf "$corpus"/animated-{gif,webp}.part "$corpus/animated-gif" && mkdir "$corpus"/animated-{gif,webp}.part
    find "$corpus/baseline" -name '*-1.jpg' | LC_ALL=C sort | head -n 6 | MAGICK_THREAD_LIMIT=1 xargs -d '\n' -P "$jobs" -I{} bash -c '
        frames=()
        for frame in {0..15}; do frames+=("(" -clone 0 -crop "640x400+$((frame * 20))+$((frame * 8))" +repage ")"); done
        convert "$1" -resize 1000x700^ "${frames[@]}" -delete 0 -set delay 8 -loop 0 -layers optimize \
            "$2/$(basename "$1" .jpg).gif"' animated {} "$corpus/animated-gif.part"
    "$node" "$top/scripts/sharp-peer.mjs" "$cache" "$corpus/animated-gif.part" "$corpus/animated-webp.part" "$jobs" animated 640
    mv "$corpus/animated-gif.part" "$corpus/animated-gif"
    mv "$corpus/animated-webp.part" "$corpus/animated-webp"
}

# Work O: the baseline JPEGs with a profile of Display P3 or Adobe RGB, as pixmill writes the first and colord-data has the second.
make_color() {
    rm -rf "$corpus/color.part" && mkdir "$corpus/color.part"
    gm convert -size 8x8 xc:red "$work_dir/red.jpg"
    "$pixmill" run --quiet --profile=p3 --format=jpeg "$work_dir/red.jpg" -o "$work_dir/p3"
    python3 - "$corpus/baseline" "$corpus/color.part" "$work_dir/p3/red.jpg" /usr/share/color/icc/colord/AdobeRGB1998.icc <<'END'
import os, sys
folder, out, p3, adobe = sys.argv[1:]
data = open(p3, "rb").read()
at = data.index(b"ICC_PROFILE") + 14
profiles = [data[at : at + int.from_bytes(data[at : at + 4], "big")], open(adobe, "rb").read()]
for i, name in enumerate(sorted(os.listdir(folder))):
    jpeg, segment = open(os.path.join(folder, name), "rb").read(), b"ICC_PROFILE\0\1\1" + profiles[i % 2]
    made, at = b"\xff\xd8\xff\xe2" + (len(segment) + 2).to_bytes(2, "big") + segment, 2
    while jpeg[at + 1] in range(0xE0, 0xF0):  # application segments, without a profile of the file's own
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        made += jpeg[at:end] if jpeg[at + 4 : at + 15] != b"ICC_PROFILE" else b""
        at = end
    with open(os.path.join(out, name), "wb") as file:
        file.write(made + jpeg[at:])
END
    mv "$corpus/color.part" "$corpus/color"
}

# Works on WebP: the baseline JPEGs, converted to WebP of quality 95 by sharp.
make_webp() {
    rm -rf "$corpus/webp.part" && mkdir "$corpus/webp.part"
    "$node" "$top/scripts/sharp-peer.mjs" "$cache" "$corpus/baseline" "$corpus/webp.part" "$jobs" corpus
    mv "$corpus/webp.part" "$corpus/webp"
}

# Work M: 21 of the photographs fitted into 320 pixels by sharp, a hundred copies of each. They are named -1 and -2-2 to -100-2; only
# the results of the first are judged.
make_small() {
    local file copy in=$work_dir/small.in out=$work_dir/small.out
    mkdir "$in" "$out"
    find "$corpus/baseline" -name '*-1.jpg' | LC_ALL=C sort | head -n 21 | xargs -d '\n' ln -s -t "$in"
    "$node" "$top/scripts/sharp-peer.mjs" "$cache" "$in" "$out" "$jobs" jpeg 320
    rm -rf "$corpus/small.part" && mkdir "$corpus/small.part"
    for file in "$out"/*; do
        cp "$file" "$corpus/small.part"
        for copy in {2..100}; do cp "$file" "$corpus/small.part/$(basename "$file" -1.jpg)-$copy-2.jpg"; done
    done
    rm -rf "$in" "$out"
    mv "$corpus/small.part" "$corpus/small"
}

# Works H and I: six photographs side by side, 64 megapixels of them.
make_large() {
    local photographs=()
    mapfile -t photographs < <(find "$corpus/baseline" -name '*-1.jpg' -size +900k | LC_ALL=C sort | head -n 6)
    mkdir -p "$corpus/large"
    vips arrayjoin "${photographs[*]}" "$work_dir/large.v" --across 3
    vips extract_area "$work_dir/large.v" "$work_dir/cut.v" 0 0 9240 6928 2>/dev/null ||
        vips gravity "$work_dir/large.v" "$work_dir/cut.v" centre 9240 6928 --extend mirror
    vips copy "$work_dir/cut.v" "$corpus/large/baseline.jpg[Q=98,strip]"
    vips copy "$work_dir/cut.v" "$corpus/large/progressive.jpg[Q=98,strip,interlace]"
    rm "$work_dir"/*.v
}

# The files of a work, one path a line.
inputs() {
    case $1 in
    A | D | K) find "$corpus/baseline" -type f ;;
    L | L2) find "$corpus/webp" -type f ;;
    M) find "$corpus/small" -type f ;;
    O) find "$corpus/color" -type f ;;
    B | C) find "$corpus/progressive" -type f ;;
    E | F) find "$corpus/png" -type f ;;
    N) find "$corpus/avif420" -type f ;;
    N4) find "$corpus/avif444" -type f ;;
    Q) find "$corpus/heic" -type f ;;
    R) find "$corpus/tiff-lzw" -type f ;;
    R2) find "$corpus/tiff-jpeg" -type f ;;
    R3) find "$corpus/tiff-pyramid" -type f ;;
    S) find "$corpus/animated-gif" -type f ;;
    S2) find "$corpus/animated-webp" -type f ;;
    G | N2 | P | P2) find "$corpus/baseline" -type f -name '*-1.jpg' ;;
    H) echo "$corpus/large/baseline.jpg" ;;
    I) echo "$corpus/large/progressive.jpg" ;;
    esac | LC_ALL=C sort
}

# Sets $command to what runs a program on a work. vipsthumbnail and gm process files one after the other; to use every processor, one
# process with one thread runs per processor. gm's -size lets it shrink a JPEG while decoding it.
set_command() {
    local program=$1 in=$3 out=$4 size=800 kind=jpeg
    case $2 in C | D) size=200 ;; F) kind=png ;; G) kind=blur ;; H | I) size=50 ;; K) kind=webp ;; L2) size=200 kind=webp ;; M) size=160 ;; N2) kind=avif ;; P | P2) kind=several ;; S*) size=400 kind=animated ;; esac
    local batch=$((($(find "$in" -mindepth 1 | wc -l) + 4 * jobs - 1) / (4 * jobs)))
    local each=(env -C "$in" OMP_NUM_THREADS=1 VIPS_CONCURRENCY=1 VIPS_WARNING=0 MAGICK_THREAD_LIMIT=1
        xargs -0 -P "$jobs" -n "$batch" -a "$in.list")
    local options=()
    [ "$2" != O ] || options=(--profile=srgb)
    [ "$2" != P2 ] || options=(--effort=2)
    [ "$program" != pixmill-libjpeg ] || options+=(--jpeg=libjpeg)
    case $program-$kind in
    pixmill*-blur) command=("$pixmill" run --quiet --jobs="$jobs" --blur=5 "${options[@]}" --quality=80 "$in" -o "$out") ;;
    pixmill*-avif) command=("$pixmill" run --quiet --jobs="$jobs" --format=avif --quality=50 "$in" -o "$out") ;;
    pixmill*-animated) command=("$pixmill" run --quiet --jobs="$jobs" --resize="${size}x$size" --format=webp --quality=80 "$in" -o "$out") ;;
    pixmill*-several) command=("$pixmill" run --quiet --jobs="$jobs" --widths="$several" "${options[@]}" --format=jpeg,webp --quality=80 "$in" -o "$out") ;;
    pixmill*) command=("$pixmill" run --quiet --jobs="$jobs" --resize="${size}x$size" "${options[@]}" --format="$kind" --quality=80 "$in" -o "$out") ;;
    sharp-several) command=("$node" "$top/scripts/sharp-peer.mjs" "$cache" "$in" "$out" "$jobs" several "$several") ;;
    sharp-*) command=("$node" "$top/scripts/sharp-peer.mjs" "$cache" "$in" "$out" "$jobs" "$kind" "$size") ;;
    vipsthumbnail-jpeg) command=("${each[@]}" vipsthumbnail --size="${size}x$size" -o "$out/%s.jpg[Q=80,strip,background=255]") ;;
    vipsthumbnail-webp) command=("${each[@]}" vipsthumbnail --size="${size}x$size" -o "$out/%s.webp[Q=80,strip]") ;;
    vipsthumbnail-png) command=("${each[@]}" vipsthumbnail --size="${size}x$size" -o "$out/%s.png[strip]") ;;
    mogrify-blur) command=("${each[@]}" mogrify -path "$out" -blur 0x5 -quality 80) ;;
    mogrify-png) command=("${each[@]}" mogrify -path "$out" -resize "${size}x$size") ;;
    mogrify-jpeg) command=("${each[@]}" mogrify -path "$out" -define "jpeg:size=$((2 * size))x$((2 * size))" -resize "${size}x$size"
        -background white -flatten -quality 80 -format jpg) ;;
    gm-blur) command=("${each[@]}" gm mogrify -output-directory "$out" -blur 0x5 -quality 80) ;;
    gm-png) command=("${each[@]}" gm mogrify -output-directory "$out" -resize "${size}x$size") ;;
    gm-jpeg) command=("${each[@]}" gm mogrify -output-directory "$out" -size "${size}x$size" -resize "${size}x$size" -quality 80 -format jpg) ;;
    *) return 1 ;;
    esac
}

# Runs $command once; adds a line "wall cpu" (seconds) to the file named.
measure() {
    local start=${EPOCHREALTIME/[^0-9]/} end
    /usr/bin/time -q -f '%U %S' -o "$work_dir/time" "${command[@]}" >"$work_dir/said" 2>&1 || {
        tail -n 5 "$work_dir/said" >&2
        fail "this failed: ${command[*]}"
    }
    end=${EPOCHREALTIME/[^0-9]/}
    awk -v us=$((end - start)) '{ printf "%.6f %.2f\n", us / 1e6, $1 + $2 }' "$work_dir/time" >>"$1"
}

median() {
    sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Describes the results: number of files, MB, and how many differ in size from pixmill's by more than a pixel of rounding.
describe() {
    local out=$1
    (cd "$out" && "$pixmill" info -- * | sed -E 's/^(.*): [a-z]+ ([0-9]+)x([0-9]+), .*/\1 \2 \3/' | LC_ALL=C sort) >"$out.sizes"
    awk -v bytes="$(du -sb --apparent-size "$out" | cut -f1)" '
        NR == FNR { w[$1] = $2; h[$1] = $3; next }
        { files++; if (!($1 in w) || ($2 - w[$1]) ^ 2 > 1 || ($3 - h[$1]) ^ 2 > 1) other++ }
        END { printf "%d files, %.2f MB%s\n", files, bytes / 1e6, other ? ", " other " of another size" : "" }' \
        "$work_dir/pixmill.sizes" "$out.sizes"
}

# Writes $work_dir/PROGRAM.psnr: one line for each result; of copies only for the first.
judge() {
    local work=$1 in=$2 how=lanczos3 who=("${@:3}")
    [ "$work" != G ] || how=5
    rm -f "$work_dir"/*.psnr
    find "$in" -mindepth 1 ! -name '*-[234].*' -printf '%f\0' | LC_ALL=C sort -z |
        xargs -0 -P "$jobs" -I{} bash -c '
            how=$1 in=$2 name=$3 dir=$4 results=()
            shift 4
            for program; do
                for result in "$dir/$program/${name%.*}".*; do results+=("$result"); done
            done
            '"'$quality'"' "$how" "$in/$name" "${results[@]}" | paste -sd" "' \
            judge "$how" "$in" {} "$work_dir" "${who[@]}" >"$work_dir/judged" || fail "the results of work $work can't be judged"
    local column=1 program
    for program in "${who[@]}"; do
        cut -d' ' -f$column-$((column + 3)) "$work_dir/judged" >"$work_dir/$program.psnr"
        column=$((column + 4))
    done
}

# Mean and minimum of RGB, Y, Cb and Cr in a file of PSNRs: four cells.
print_psnr() {
    awk '{ for (i = 1; i <= 4; i++) { if (NR == 1 || $i < least[i]) least[i] = $i; sum[i] += $i } }
        END { for (i = 1; i <= 4; i++) printf("%s%.1f / %.1f", (i > 1 ? " | " : ""), sum[i] / NR, least[i]) }' "$1"
}

# Work W: each photograph scaled to a fraction of its width, by both programs.
judge_share() {
    local share=$1 file name width program
    rm -rf "$work_dir"/{w.pixmill,w.sharp} "$work_dir"/w.*.psnr
    mkdir "$work_dir"/{w.pixmill,w.sharp}
    for file in "$work_dir"/known/*.jpg; do
        name=$(basename "$file" .jpg)
        width=$(($(gm identify -format '%w' "$file") / share))
        "$pixmill" run --quiet --resize="${width}x" --format=png "$file" -o "$work_dir/w.pixmill"
        "$node" "$top/scripts/sharp-peer.mjs" "$cache" "$file" "$work_dir/w.sharp" 1 width "$width"
        "$quality" lanczos3 "$work_dir/known/$name.png" "$work_dir"/w.{pixmill,sharp}/"$name.png" | paste -sd' ' >>"$work_dir/w.psnr"
    done
    for program in pixmill sharp; do
        cut -d' ' -f"$([ $program = pixmill ] && echo 1-4 || echo 5-8)" "$work_dir/w.psnr" >"$work_dir/w.$program.psnr"
        printf '| 1/%s | %s | %s | %s |\n' "$share" "$program" "$(print_psnr "$work_dir/w.$program.psnr")" \
            "$(awk '{ d = $1 - $5; if (NR == 1 || d < least) least = d } END { printf "%+.2f", least }' "$work_dir/w.psnr")"
    done
    rm "$work_dir/w.psnr"
}

run_widths() {
    local file share
    mkdir -p "$work_dir/known"
    while IFS= read -r file; do
        gm convert "$file" -background white -flatten +matte -type TrueColor "$work_dir/known/$(basename "$file")"
        gm convert "$work_dir/known/$(basename "$file")" -sampling-factor 2x2 -quality 95 "$work_dir/known/$(basename "$file" .png).jpg"
    done < <(inputs E)
    echo
    echo "| W: width | program | PSNR of RGB, mean / least, dB | Y | Cb | Cr | RGB, least pixmill - sharp of one photograph |"
    echo "| --- | --- | --- | --- | --- | --- | ---: |"
    for share in 2 3 4 6 8 12; do judge_share $share; done
}

# The time of a program for one tiny picture: the median of $runs.
measure_startup() {
    local program=$1 run
    rm -rf "$work_dir/tiny" "$work_dir/startup"
    mkdir "$work_dir/tiny"
    gm convert -size 8x8 xc:gray "$work_dir/tiny/a.jpg"
    printf 'a.jpg\0' >"$work_dir/tiny.list"
    for ((run = 0; run <= runs; run++)); do
        rm -rf "$work_dir/tiny-out" && mkdir "$work_dir/tiny-out"
        set_command "$program" A "$work_dir/tiny" "$work_dir/tiny-out"
        if [ "$run" -eq 0 ]; then measure /dev/null; else measure "$work_dir/startup"; fi
    done
    cut -d' ' -f1 "$work_dir/startup" | median >"$work_dir/$program.startup"
}

column() {
    cut -d' ' -f"$2" "$work_dir/$1.times" | median
}

# Whose time a work is compared with.
peer_of() {
    case $1 in Q) echo vipsthumbnail ;; *) echo sharp ;; esac
}

# wall over the peer's, as they are or with each one's start-up taken off.
ratio() {
    awk -v a="$(column "$1" 1)" -v b="$(column "$4" 1)" -v c="$2" -v d="$3" 'BEGIN { printf "%.2f", (a - c) / (b - d) }'
}

print_row() {
    local work=$1 program=$2 runs_of peer
    peer=$(peer_of "$work")
    runs_of=$(wc -l <"$work_dir/$program.times")
    printf '| %s | %s%s | %.3f | %.2f | %.0f | %s | %s | %s | %s |\n' "$work" "$program" \
        "$([ "$runs_of" -ge "$runs" ] || echo ", $runs_of run")" "$(column "$program" 1)" "$(column "$program" 2)" \
        "$(awk '{ print $1 / 1024 }' "$work_dir/$program.memory")" "$(ratio "$program" 0 0 "$peer")" \
        "$(ratio "$program" "$(cat "$work_dir/$program.startup")" "$(cat "$work_dir/$peer.startup")" "$peer")" \
        "$(describe "$work_dir/$program")" \
        "$([ -f "$work_dir/$program.psnr" ] && print_psnr "$work_dir/$program.psnr" || echo ' |  |  | ')"
}

# Runs $command once into a new folder, and adds its times to the program's.
take_turn() {
    local program=$1 work=$2 in=$3 times=$4
    rm -rf "${work_dir:?}/$program" && mkdir "$work_dir/$program"
    set_command "$program" "$work" "$in" "$work_dir/$program"
    measure "$times"
}

# The first turn warms up and finds programs that are too slow; the second measures memory, which takes time.
run_work() {
    local work=$1 program round in=$work_dir/in who=() fast=()
    for program in ${programs//,/ }; do
        case $work-$program in
        G-vipsthumbnail) continue ;; # it has no blur
        [EFLNQRS]*-pixmill-libjpeg) continue ;;
        Q-sharp) continue ;; # npm's build reads no HEIC
        N2-vipsthumbnail | S*-vipsthumbnail) continue ;; # it writes no AVIF of that quality; it has no animations
        [NQRS]*-gm | [NQRS]*-mogrify) continue ;; # they read these through other programs' libraries, or one thread each
        O-gm | O-mogrify | O-vipsthumbnail) continue ;; # sharp alone converts without being told
        P*-vipsthumbnail | P*-gm | P*-mogrify) continue ;; # they have one result
        [KL]*-gm | [KL]*-mogrify) continue ;; # they resize with many times the work
        esac
        who+=("$program")
    done
    rm -rf "$in" && mkdir "$in"
    inputs "$work" | xargs -d '\n' ln -s -t "$in"
    find "$in" -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z >"$in.list"
    rm -f "$work_dir"/*.times
    for program in "${who[@]}"; do take_turn "$program" "$work" "$in" "$work_dir/$program.times"; done
    for program in "${who[@]}"; do
        if awk -v s="$slow" -v a="$(column "$program" 1)" -v b="$(column "$(peer_of "$work")" 1)" 'BEGIN { exit !(a > s * b) }'; then continue; fi
        fast+=("$program")
    done
    for program in "${who[@]}"; do
        rm -rf "${work_dir:?}/$program" && mkdir "$work_dir/$program"
        set_command "$program" "$work" "$in" "$work_dir/$program"
        python3 "$top/scripts/peak-memory.py" "${command[@]}" >"$work_dir/$program.memory" || fail "this failed: ${command[*]}"
    done
    for program in "${fast[@]}"; do rm "$work_dir/$program.times"; done
    for ((round = 0; round < runs; round++)); do
        for program in "${fast[@]}"; do take_turn "$program" "$work" "$in" "$work_dir/$program.times"; done
    done
    describe "$work_dir/pixmill" >/dev/null
    rm -f "$work_dir"/*.psnr
    # The reference converts no colours, has one result for each photograph, and reads JPEG, PNG and WebP.
    [[ $work == [NOPQRS]* ]] || judge "$work" "$in" "${who[@]}"
    for program in "${who[@]}"; do print_row "$work" "$program"; done
}

jobs=$(nproc)
memory=${TMPDIR:-/dev/shm}
[ -d "$memory" ] || memory=/tmp
work_dir=$(mktemp -d -p "$memory")
trap 'rm -rf "$work_dir"' EXIT
install_peers
began=$SECONDS

echo "$("$pixmill" --version | head -n 1), sharp $("$node" -p "require('$cache/node_modules/sharp/package.json').version") (Node $("$node" -v))," \
    "$(vipsthumbnail --version), $(gm version | head -n 1 | cut -d' ' -f1,2), ImageMagick $(mogrify -version | awk 'NR == 1 { print $3 }');" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $jobs processors, $(date +%F); medians of $runs runs."
echo
for program in ${programs//,/ }; do measure_startup "$program"; done
echo "| work | program | wall, s | CPU, s | peak MiB | wall / sharp's | without start-up | results | PSNR of RGB, mean / least, dB | Y | Cb | Cr |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- | --- | --- | --- |"
widths=
for work in "${works[@]}"; do
    if [ "$work" = W ]; then widths=1; else run_work "$work"; fi
done
[ -z "$widths" ] || run_widths
echo
echo "Peak memory is of all processes of a program together. $((SECONDS - began)) seconds."
