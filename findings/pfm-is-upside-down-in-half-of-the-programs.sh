#!/usr/bin/env bash
# ffmpeg and libvips read and write PFM images upside down: they store the rows from top to bottom.
#
# PFM is a PPM with floats, used to exchange HDR images, depth maps and disparity maps. Its rows are stored from bottom to top, as Netpbm's manual
# says and as Netpbm and ImageMagick do. ffmpeg and libvips store them from the top, as in a PPM. Each program reads its own files correctly, so no
# round trip finds it; between the two pairs the image is mirrored without a warning.
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
    MAGICK_CODER_MODULE_PATH=$lib/modules-Q16/coders MAGICK_CONFIGURE_PATH=$lib/config-Q16:$work/root/etc/ImageMagick-6 run convert-im6.q16 "$@"
}

unpack netpbm=2:11.01.00-2 imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 ffmpeg=7:5.1.9-0+deb12u1 libvips-tools=8.14.1-3+deb12u3
cd "$work"
printf 'P6 2 2 255\n\377\377\377\377\377\377\0\0\0\0\0\0' >in.ppm # white above, black below

to_pfm() {
    case $1 in
        netpbm) run pamtopfm in.ppm >netpbm.pfm ;;
        magick) magick in.ppm -type TrueColor magick.pfm ;;
        ffmpeg) run ffmpeg -v error -i in.ppm -pix_fmt gbrpf32le ffmpeg.pfm ;;
        vips) run vips linear in.ppm float.v 0.003921568627451 0 && run vips copy float.v vips.pfm ;;
    esac
}
from_pfm() { # where $2 sees the white row in the file that $1 wrote
    local value
    case $2 in
        netpbm) value=$(run pfmtopam "$1.pfm" 2>>log | tail -c 12 | od -An -tu1 -N1) ;;
        magick) value=$(magick "$1.pfm" -depth 8 rgb:- | od -An -tu1 -N1) ;;
        ffmpeg) value=$(run ffmpeg -v error -i "$1.pfm" -f rawvideo -pix_fmt rgb24 - | od -An -tu1 -N1) ;;
        vips) value=$(run vips getpoint "$1.pfm" 0 0 | awk '{ print ($1 > 0.5) ? 255 : 0 }') ;;
    esac
    if ((value > 127)); then echo upright; else echo inverted; fi
}
programs=(netpbm magick ffmpeg vips)
for program in "${programs[@]}"; do to_pfm "$program" 2>>log; done
echo "expected: upright, whichever of the four programs (${programs[*]}) writes a PFM and whichever reads it"
table=
for writer in "${programs[@]}"; do
    row=
    for reader in "${programs[@]}"; do row+="$(from_pfm "$writer" "$reader") "; done
    echo "seen:     by $writer: $row(read by ${programs[*]})"
    table+="$row;"
done
bottom='upright upright inverted inverted ;' top='inverted inverted upright upright ;'
[ "$table" = "$bottom$bottom$top$top" ] || { echo "the behaviour has changed"; exit 1; }
