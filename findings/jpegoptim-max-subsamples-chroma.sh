#!/usr/bin/env bash
# jpegoptim --max=99 halves the chroma resolution of a 4:4:4 JPEG, whatever the quality.
#
# --max caps the quality number: files above it are recompressed with that number's quantisation tables. The number says nothing of chroma
# subsampling, so one expects that it stays. But the new file gets libjpeg's initial 4:2:0: at 99 coloured edges that were sharp
# to the pixel are blurred by the width of two, which does more harm than the quality's step from 100 to 99. The manual page does not
# mention it, and the lossless mode (without --max) does keep 4:4:4.
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

unpack jpegoptim=1.4.7-1 libjpeg-turbo-progs=1:2.1.5-2
cd "$work"

# Red and blue columns of one pixel each: all of the detail is in the chroma.
awk 'BEGIN { print "P3 64 64 255"; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) print x % 2 ? "0 0 255" : "255 0 0" }' >columns.ppm
run cjpeg -quality 100 -sample 1x1 -outfile original.jpg columns.ppm
cp original.jpg lossless.jpg
cp original.jpg max.jpg
run jpegoptim -q lossless.jpg
run jpegoptim -q --max=99 max.jpg

# Sampling factors of the first component, from the frame header (SOF0 or SOF2: its length 17 for three components).
factors() { od -An -v -tx1 "$1" | tr -d ' \n' | sed -E 's/.*ffc[02]0011.{10}03..(.)(.).*/\1x\2/'; }
pixels() { run djpeg -pnm "$1" | tail -c 12288 | head -c 6 | od -An -tu1 -w6; }
for name in original lossless max; do echo "seen:     $name.jpg: luma $(factors $name.jpg), the first two pixels $(pixels $name.jpg)"; done |
    sed '1s/^seen: /input:/; 1a expected: luma 1x1 (4:4:4) in both results, and colours within a few levels'
[[ $(factors original.jpg) = 1x1 && $(factors lossless.jpg) = 1x1 && $(factors max.jpg) = 2x2 ]] || { echo "the behaviour has changed"; exit 1; }
