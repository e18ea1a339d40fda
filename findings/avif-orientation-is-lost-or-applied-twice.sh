#!/usr/bin/env bash
# A photo with an EXIF orientation, stored by avifenc, comes out of avifdec not rotated at all and out of heif-convert rotated twice.
#
# avifenc turns the orientation of a JPEG into the AVIF's own property for it (irot, imir) and copies the EXIF block unchanged; viewers have to
# follow the property only. One expects that a decoder to JPEG either applies it to the pixels or writes it as EXIF orientation. avifdec
# does neither: the pixels lie on their side and nothing says so any more. heif-convert does both: it rotates the pixels and
# copies the old EXIF, so that every viewer rotates them once more. Only a picture that needed no rotation survives.
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

unpack libavif-bin=0.11.1-1+deb12u1 libheif-examples=1.15.1-1+deb12u1 libjpeg-turbo-progs=1:2.1.5-2 exiv2=0.27.6-1
cd "$work"

# 64 x 32 pixels, dark at the left; with orientation 6 (rotate by 90 degrees clockwise) dark is at the top of 32 x 64.
awk 'BEGIN { print "P2 64 32 255"; for (y = 0; y < 32; y++) for (x = 0; x < 64; x++) print x < 32 ? 30 : 220 }' >photo.pgm
run cjpeg -quality 95 -outfile photo.jpg photo.pgm
run exiv2 -M 'set Exif.Image.Orientation 6' photo.jpg

# The size of a JPEG's pixels and its orientation, and what a viewer shows.
describe() {
    local orientation size
    orientation=$(run exiv2 -q -K Exif.Image.Orientation -Pv "$1" || true)
    size=$(run djpeg -pnm "$1" | sed -n '2{s/ / x /p;q}')
    echo "$size pixels, orientation ${orientation:-none}"
}
run avifenc -s 8 photo.jpg photo.avif >log
run avifdec photo.avif avifdec.jpg >>log
run heif-convert photo.avif heif-convert.jpg >>log
echo "input:    $(describe photo.jpg)"
echo "expected: 64 x 32 pixels with orientation 6, or 32 x 64 with 1 or none"
avifdec=$(describe avifdec.jpg) heif=$(describe heif-convert.jpg)
echo "seen:     avifdec $avifdec; heif-convert $heif"
[[ $avifdec = '64 x 32 pixels, orientation none' && $heif = '32 x 64 pixels, orientation 6' ]] || { echo "the behaviour has changed"; exit 1; }
