#!/usr/bin/env bash
# A lossy WebP at quality 100 holds 220 of the 256 grey levels of 8 bits; a JPEG at quality 100 holds all.
#
# JPEG files use the whole range of 0 to 255 for luma. Lossy WebP is a VP8 key frame and uses video's range of 16 to 235, with no flag
# for the full one. 36 grey levels therefore fall together with a neighbour before anything is quantised; neither -q 100 nor -sharp_yuv
# changes that. Grey ramps and a scan's dark tones get steps, and flat areas of these levels come back off by one.
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

unpack webp=1.2.4-0.2+deb12u1 libjpeg-turbo-progs=1:2.1.5-2
cd "$work"

# 256 flat squares of 16 x 16 samples, one for each grey level.
awk 'BEGIN { print "P2 256 256 255"; for (y = 0; y < 256; y++) for (x = 0; x < 256; x++) print int(y / 16) * 16 + int(x / 16) }' >levels.pgm
run cjpeg -grayscale -quality 100 -outfile levels.jpg levels.pgm
run djpeg -pnm -outfile jpeg.pgm levels.jpg
for option in -quiet -sharp_yuv; do
    run cwebp -quiet -q 100 $option levels.jpg -o levels.webp
    run dwebp -quiet levels.webp -ppm -o webp$option.ppm
done

levels() { tail -c "$2" "$1" | od -An -v -tu1 -w"$3" | awk '{ seen[$1] = 1 } END { for (level in seen) n++; print n }'; } # FILE BYTES BYTES-PER-PIXEL
jpeg=$(levels jpeg.pgm 65536 1) webp=$(levels webp-quiet.ppm 196608 3) sharp=$(levels webp-sharp_yuv.ppm 196608 3)
echo "expected: all 256 levels, or nearly all, at quality 100"
echo "seen:     JPEG $jpeg, WebP $webp, WebP with -sharp_yuv $sharp"
[[ $jpeg = 256 && $webp = 220 && $sharp = 220 ]] || { echo "the behaviour has changed"; exit 1; }
