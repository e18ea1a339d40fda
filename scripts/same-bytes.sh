#!/usr/bin/env bash
# Proves that every build of pixmill gives the same files: gcc's and clang's, at every instruction set of this machine, and with
# libjpeg-turbo's own SIMD switched off. All samples are processed with every filter into JPEG and PNG, and at one size into both kinds of WebP.
#
#   scripts/same-bytes.sh PIXMILL [PIXMILL]        the first is the reference; the other is of another compiler or machine
#   scripts/same-bytes.sh --once PIXMILL PIXMILL   runs the second only once, with the one instruction set that another processor
#                                                  has; of WebP the pixels are compared, because libwebp's lossless encoder makes
#                                                  different files on i386
set -euo pipefail

once=''
if [ "${1-}" = --once ]; then
    once=1
    shift
fi
if [ $# -lt 1 ] || { [ -n "$once" ] && [ $# != 2 ]; }; then
    echo "usage: scripts/same-bytes.sh PIXMILL [PIXMILL], or --once PIXMILL PIXMILL" >&2
    exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
reference=$1
head -c 32 /dev/zero | tr '\0' k >"$work/key" && chmod 600 "$work/key"
mkdir "$work/in" && cp "$top"/samples/*.{jpg,png,webp} "$work/in"
# The samples lack grey with alpha: pixels of two bytes.
"$reference" run --quiet "$work/in/wheel-alpha.png" --gray -o "$work/gray" && mv "$work/gray/wheel-alpha.png" "$work/in/wheel-gray-alpha.png"
"$reference" run --quiet "$work/in" -o "$work/sealed" --encrypt --key-file="$work/key" --keep=all

# One recipe a line: the filters' options. Sigmas on either side of the detour by a smaller picture, sizes that fill no vector.
recipes=("--resize=61x47!" --resize=37% "--resize=200%,kernel=mitchell" "--resize=90x90!,kernel=nearest" --blur=0.8 --blur=2.9 --blur=5
    --blur=25 "--resize=61x47!,linear" "--resize=230%,linear" "--blur=3,linear" --profile=p3 --sharpen=1 --sharpen=9,amount=2 --gray "--crop=33x31,gravity=center" --rotate=90 --rotate=180 --rotate=270 --rotate=10 --rotate=-33.3,color=#ff880080 --flip --flop
    --trim=90 "--watermark=$top/samples/wheel-alpha.png,scale=30,opacity=0.6" "--pad=120x90" "--pad=50x70,gravity=west,color=#ff880080"
    "--brightness=1.3 --contrast=0.8 --gamma=1.7" "--saturation=1.6 --hue=-100" --normalize --negate --tint=teal --threshold=100
    --median=3 --median=5 --median=9 --pixelate=9 "--pixelate=5,region=40x30+20+10 --blur=6,region=50x50+90+90" "--crop=90x70,gravity=smart" "--crop=33x35,focus=30,80"
    "--resize=120x120> --blur=1.5 --sharpen=1 --gray" --quality=95 --quality=30 "--keep=all --no-autorotate")
for filter in $("$reference" help filters | awk '/^  --/ { sub(/[[=].*/, "", $1); print substr($1, 3) }'); do
    case " ${recipes[*]} --encrypt --decrypt " in
    *" --$filter"[=\ ]*) ;;
    *) echo "same-bytes.sh: no recipe here has the filter $filter (add one)" >&2 && exit 1 ;;
    esac
done

# All recipes by one command into $work/NAME: a checksum a file. What it encrypts, the reference decrypts, and the other way round.
run_all() {
    local name=$1 recipe format
    shift
    for recipe in "${recipes[@]}"; do
        for format in jpeg png; do
            # shellcheck disable=SC2086  # a recipe may be several options
            "$@" run --quiet "$work/in" -o "$work/out/$format$recipe" --format=$format $recipe
        done
    done
    for recipe in --quality=80 --lossless; do
        "$@" run --quiet "$work/in" -o "$work/out/webp$recipe" --format=webp --resize=160x160 "$recipe"
        [ -n "$once" ] || continue
        "$reference" run --quiet "$work/out/webp$recipe" -o "$work/out/pixels$recipe" --format=png
        rm -r "$work/out/webp$recipe"
    done
    "$@" run --quiet "$work/sealed" -o "$work/out/decrypted" --decrypt --key-file="$work/key" --keep=all
    "$@" run --quiet "$work/in" -o "$work/encrypted" --encrypt --key-file="$work/key" --keep=all
    "$reference" run --quiet "$work/encrypted" -o "$work/out/encrypted" --decrypt --key-file="$work/key" --keep=all
    "$@" info --json "$work"/in/* >"$work/out/info"
    (cd "$work/out" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$work/$name"
    rm -rf "$work/out" "$work/encrypted"
}

# compare WORDS COMMAND...: runs it and says what differs from the reference's.
arms=0
compare() {
    local words=$1
    shift
    run_all one "$@"
    cmp -s "$work/reference" "$work/one" || {
        echo "same-bytes.sh: $words makes other files than $reference at base:" >&2
        diff "$work/reference" "$work/one" | awk '/^>/ { print "  " $3 }' | head -n 10 >&2
        exit 1
    }
    arms=$((arms + 1))
}

run_all reference env PIXMILL_SIMD=base "$reference"
if [ -n "$once" ]; then
    compare "$2" "$2"
    echo "$(wc -l <"$work/reference") files are the same, byte for byte"
    exit 0
fi
for pixmill; do
    for level in base avx2 avx512; do
        compare "$pixmill at $level" env PIXMILL_SIMD=$level "$pixmill"
    done
    compare "$pixmill without libjpeg-turbo's SIMD" env JSIMD_FORCENONE=1 "$pixmill"
done
echo "$(wc -l <"$work/reference") files are the same, byte for byte, in $arms ways"
