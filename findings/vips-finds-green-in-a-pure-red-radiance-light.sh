#!/usr/bin/env bash
# A pure red light of 1000 in a Radiance picture has green and blue of 2.0 in libvips, brighter than white paper.
#
# Radiance's RGBE pixels store three mantissas of 8 bits and one exponent. ImageMagick and OpenImageIO take a mantissa of 0 for 0.0. libvips,
# like the code of Radiance that it uses, takes each mantissa for the middle of its step and does not except 0: the step is that of the brightest
# channel, so 0 beside a red of 1000 becomes 2.0, and no colour can be saturated. Each program reads its own files back alike, so no round
# trip finds it; between them dark channels differ by any factor. Subtracting what a picture of black shows does not help: black is 0.
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

unpack libvips-tools=8.14.1-3+deb12u3 imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15
cd "$work"

# Two pixels, with the mantissas 250, 0, 0 and the exponent 10 (250 / 256 * 2^10 = 1000), and black.
printf '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 2\n\372\0\0\212\0\0\0\0' >red.hdr
vips=$(run vips getpoint red.hdr 0 0 | xargs) black=$(run vips getpoint red.hdr 1 0 | xargs)
magick=$(run convert-im6.q16 red.hdr -depth 8 txt: | sed -n 's/^0,0: .*#\([0-9A-F]*\) .*/\1/p')
echo "expected: 1000 0 0; ImageMagick, which clips the red here, has pure red: $magick"
echo "seen:     libvips: $vips; black: $black"
[[ $magick = FF0000 && $vips = '1002 2 2' && $black = '0 0 0' ]] || { echo "the behaviour has changed"; exit 1; }
