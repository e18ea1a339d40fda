#!/usr/bin/env bash
# libtiff's RGBA reader shows a TIFF whose Orientation asks for a rotation by 90 degrees as a mirror image.
#
# Orientation 6 (row 0 is the right side, column 0 the top) means: rotate by 90 degrees clockwise to view. TIFFReadRGBAImage and tiff2rgba
# can swap rows and columns from end to end, but not rows with columns. One expects that such a file is refused, or read as stored, or
# written with its tag kept. Instead the values 5 to 8 are taken for 1 to 4: a picture that has to be rotated comes out mirrored
# instead, without a warning, and tiff2rgba labels it upright, so that no later program can correct it.
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

unpack libtiff-tools=4.5.0-6+deb12u4
cd "$work"

# 4 x 2 pixels; their red samples are 10 20 30 40 / 50 60 70 80 (hexadecimal).
printf 'P6 4 2 255\n' >in.ppm
for red in 10 20 30 40 50 60 70 80; do printf "%b" "\\x$red\x01\x02"; done >>in.ppm
run ppm2tiff -c none in.ppm in.tif

# The red samples of a TIFF, row after row, and its size and orientation.
reds() { run tiffinfo -d "$1" | awk '/^[ 0-9a-f]+$/ { for (i = 1; i <= NF; i++) if (n++ % 3 == 0) printf "%s%s", $i, n % 12 == 10 ? " / " : " " }'; }
tag() { run tiffinfo "$1" | awk '/Image Width/ { print $3, "x", $6 } /Orientation/' | paste -sd ' ' | tr -s ' '; }

for orientation in 1 2 6; do
    cp in.tif $orientation.tif
    run tiffset -s 274 $orientation $orientation.tif
    run tiff2rgba -n -c none $orientation.tif $orientation-rgba.tif 2>>warnings
done
[ ! -s warnings ] || { echo "tiff2rgba warns:"; cat warnings; exit 1; }
rotated=$(reds 6-rgba.tif) mirrored=$(reds 2-rgba.tif)
echo "stored:   $(reds 1-rgba.tif)($(tag 6.tif))"
echo "expected: 50 10 / 60 20 / 70 30 / 80 40 / (2 x 4), or the pixels as stored with their orientation kept"
echo "seen:     $rotated($(tag 6-rgba.tif))"
echo "          the same as for orientation 2, mirrored left to right: $mirrored"
[[ $rotated = '40 30 20 10 / 80 70 60 50 / ' && $rotated = "$mirrored" && $(tag 6-rgba.tif) = *'row 0 top, col 0 lhs' ]] ||
    { echo "the behaviour has changed"; exit 1; }
