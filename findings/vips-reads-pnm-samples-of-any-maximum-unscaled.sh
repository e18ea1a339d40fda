#!/usr/bin/env bash
# libvips ignores the maximum of a PGM or PPM: a white pixel of 10 or 4 bits comes out almost black.
#
# The header of a PGM or PPM says which sample value is white: 255, 65535, or any other, as cameras with 10, 12 or 14 bits and drawing programs
# with 15 greys write it. libvips looks at that number only to see whether a sample takes one byte or two, and hands the samples on as if white
# were 255 or 65535. A picture of 10 bits saved as PNG is white at 1.6 %, and with a maximum of 100 at 39 %. No warning, and a check by
# eye of the usual files with 255 finds nothing. ImageMagick, GraphicsMagick, ffmpeg and Netpbm scale.
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

unpack libvips-tools=8.14.1-3+deb12u3 netpbm=2:11.01.00-2
cd "$work"

# A white pixel of a PGM with the given maximum, as a PNG made by PROGRAM, in percent of white.
white() {
    local max=$1
    {
        printf 'P5\n1 1\n%d\n' "$max"
        [ "$max" -lt 256 ] || printf "%b" "$(printf '\\x%02x' $((max >> 8)))"
        printf "%b" "$(printf '\\x%02x' $((max & 255)))"
    } >white.pgm
    if [ "$2" = vips ]; then run vips copy white.pgm white.png; else run pnmtopng -force white.pgm >white.png 2>/dev/null; fi
    run pngtopnm -plain white.png 2>/dev/null | awk 'NR == 3 { max = $1 } NR == 4 { printf "%.1f%%", $1 * 100 / max }'
}
for max in 15 100 255 1023 4095 65535; do
    vips+=" $max: $(white $max vips)"
    netpbm+=" $max: $(white $max netpbm)"
done
echo "expected: 100%, as with Netpbm:$netpbm"
echo "seen:    $vips"
[[ $netpbm = ' 15: 100.0% 100: 100.0% 255: 100.0% 1023: 100.0% 4095: 100.0% 65535: 100.0%' &&
    $vips = ' 15: 5.9% 100: 39.2% 255: 100.0% 1023: 1.6% 4095: 6.2% 65535: 100.0%' ]] ||
    { echo "the behaviour has changed"; exit 1; }
