#!/usr/bin/env bash
# ffmpeg makes of a grey EXR a grey or RGB image of higher contrast: everything darker than 6 % is black. With 8 bits of grey it does not.
#
# ffmpeg writes the samples of a grey picture to an EXR as they should be, from 0.0 to 1.0. Reading such a file, its own or another program's,
# it takes the floats for video of limited range, in which 16 is black and 235 white, and stretches them: to 16 bits of grey (what
# a PNG gets by default) and to RGB. Only to 8 bits of grey, and from an EXR with R, G and B, it converts them unchanged. There is no warning,
# depth maps and masks come out wrong, and a check by way of PGM shows nothing.
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

unpack ffmpeg=7:5.1.9-0+deb12u1 netpbm=2:11.01.00-2
cd "$work"
lib=$(echo "$work"/root/usr/lib/*-linux-gnu*)
ffmpeg() { LD_LIBRARY_PATH=$lib:$lib/blas:$lib/lapack:$lib/pulseaudio "$work/root/usr/bin/ffmpeg" -loglevel error -nostdin -y "$@"; }

printf 'P5\n6 1\n255\n\0\20\100\200\300\377' >grey.pgm # 0 16 64 128 192 255
ffmpeg -i grey.pgm grey.exr
# The six samples of the first channel of what ffmpeg makes of the EXR, as 255ths.
try() {
    ffmpeg -i grey.exr "${@:2}" "out.$1"
    case $1 in png) run pngtopnm out.png >out.pnm ;; *) cp "out.$1" out.pnm ;; esac
    run pamchannel 0 <out.pnm | run pamtopnm -assume | run pnmtopnm -plain |
        awk 'NR == 3 { max = $1 } NR > 3 { for (i = 1; i <= NF; i++) printf "%s%.0f", n++ ? " " : "", $i * 255 / max }'
}
floats=$(tail -c 24 grey.exr | od -An -tf4 --endian=little | xargs)
eight=$(try pgm -pix_fmt gray) sixteen=$(try png) rgb=$(try ppm -pix_fmt rgb24)
echo "expected: 0 16 64 128 192 255 from the EXR ($floats)"
echo "seen:     to gray $eight; to PNG (gray16) $sixteen; to rgb24 $rgb"
[[ $eight = '0 16 64 128 192 255' && $sixteen = '0 0 56 130 205 255' && $rgb = '0 0 56 131 206 255' ]] ||
    { echo "the behaviour has changed"; exit 1; }
