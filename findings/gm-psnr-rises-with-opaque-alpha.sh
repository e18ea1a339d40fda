#!/usr/bin/env bash
# An alpha channel that is opaque in both images raises GraphicsMagick's PSNR by 1.2 dB.
#
# "gm compare -metric PSNR" prints one line per channel and a total. Opaque alpha changes no colour, so one expects the
# same total. But it counts as a fourth channel with no error, and the mean squared error falls by a quarter. A codec that keeps alpha, or a
# converter that adds it, scores better than one that does not, for the same pixels. ImageMagick, from which GraphicsMagick was forked, prints
# the same number for both.
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
magick() { # ImageMagick finds its modules for the formats by these variables
    local lib
    lib=$(echo "$work"/root/usr/lib/*-linux-gnu*/ImageMagick-*)
    MAGICK_CODER_MODULE_PATH=$lib/modules-Q16/coders MAGICK_CONFIGURE_PATH=$lib/config-Q16:$work/root/etc/ImageMagick-6 run "$@"
}

unpack graphicsmagick=1.4+really1.3.40-4+deb12u1 imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15
cd "$work"

# 64 x 64 pixels of waves, and the same with an error that is another in each channel (a Lehmer generator).
picture() {
    awk -v size="$1" 'BEGIN { print "P3 64 64 255"; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) for (c = 1; c <= 3; c++) {
        state = state ? state * 16807 % 2147483647 : 1
        printf "%d\n", 127 + 90 * sin((x * c + y) / 9) + size * c * (state / 2147483647 - 0.5) } }'
}
picture 0 >before.ppm
picture 12 >after.ppm
for name in before after; do
    magick convert-im6.q16 $name.ppm -define png:color-type=2 $name-rgb.png
    magick convert-im6.q16 $name.ppm -alpha set -define png:color-type=6 $name-rgba.png
    cmp <(run gm convert $name-rgb.png rgb:-) <(run gm convert $name-rgba.png rgb:-) || { echo "the pictures differ"; exit 2; }
done
gm_total() { { run gm compare -metric PSNR "before-$1.png" "after-$1.png" || true; } | awk '/Total/ { print $2 }'; }
im_total() { magick compare-im6.q16 -metric PSNR "before-$1.png" "after-$1.png" null: 2>&1 || true; }

echo "expected: the same PSNR with and without the opaque alpha channel"
gm_rgb=$(gm_total rgb) gm_rgba=$(gm_total rgba) im_rgb=$(im_total rgb) im_rgba=$(im_total rgba)
echo "seen:     gm compare: $gm_rgb dB without, $gm_rgba dB with"
echo "          ImageMagick's compare: $im_rgb dB without, $im_rgba dB with"
awk -v a="$gm_rgb" -v b="$gm_rgba" -v c="$im_rgb" -v d="$im_rgba" 'BEGIN {
    exit !(c > 20 && c == d && a - c < 0.01 && c - a < 0.01 && b - a > 1.2 && b - a < 1.3) }' ||
    { echo "the behaviour has changed"; exit 1; }
