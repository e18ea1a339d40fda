#!/usr/bin/env bash
# ImageMagick and GraphicsMagick write a GIF of ten shades with three: neighbouring colours are merged although the palette has room.
#
# A GIF holds 256 colours without loss, so one expects that a picture of ten comes out as it went in. Colours that lie far apart do. But with
# dithering, which is on by default, the tree that the colours are sorted into is not built to its full depth: colours that differ by less
# than 4 of 255 become one, however few there are. A ramp of 256 greys is left with 64. ImageMagick does it to greys as well,
# GraphicsMagick only where the picture has any colour. +dither, which seems to make no difference where nothing needs dithering, keeps all.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

unpack imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 graphicsmagick=1.4+really1.3.40-4+deb12u1 netpbm=2:11.01.00-2
cd "$work"
# COUNT shades FACTOR apart: greys, and colours with a little less blue.
ramp() {
    printf 'P6\n%d 1\n255\n' "$1"
    for ((i = 0; i < $1; i++)); do printf "%b" "$(printf '\\x%02x' $((i * $2)) $((i * $2)) $((i * $2 ^ $3)))"; done
}
ramp 10 1 0 >near-grey.ppm
ramp 10 1 1 >near-colour.ppm
ramp 10 20 1 >far-colour.ppm
ramp 256 1 0 >all-grey.ppm
# How many colours a GIF has that PROGRAM makes of the picture.
colours() { "${@:2}" "$1.gif" && run giftopnm "$1.gif" | run ppmhist -noheader | wc -l; }
seen=
for picture in near-grey near-colour far-colour all-grey; do
    seen+="$picture: $(colours $picture run convert-im6.q16 $picture.ppm) $(colours $picture run gm convert $picture.ppm)"
    seen+=" $(colours $picture run convert-im6.q16 $picture.ppm +dither) $(colours $picture run gm convert $picture.ppm +dither); "
done
seen=${seen%; }
echo "expected: 10 colours, 10, 10 and 256, from both programs with and without +dither"
echo "seen:     ImageMagick, GraphicsMagick, both with +dither: $seen"
[[ $seen = 'near-grey: 3 10 10 10; near-colour: 3 3 10 10; far-colour: 10 10 10 10; all-grey: 64 256 256 256' ]] || { echo "the behaviour has changed"; exit 1; }
