#!/usr/bin/env bash
# G'MIC writes a PNG that is almost black when a single pixel of the picture has reached 256.
#
# G'MIC computes in floats. A picture read from an 8-bit file has values from 0 to 255, and after sharpening, adding or scaling some lie beyond.
# One expects a PNG of 8 bits in which those are clipped, and up to 255.9 that is what comes out. But from 256 on the PNG gets 16 bits, for the
# whole picture and with the values as they are: what was white is 255 of 65535. So of a batch of photos that go through the same command
# some come out right and some black, and a single pixel decides it. (The values have to be cut before: -cut 0,255.)
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

unpack gmic=2.9.4-4+b4 netpbm=2:11.01.00-2
cd "$work"
export HOME=$work # G'MIC keeps files there
lib=$(echo "$work"/root/usr/lib/*-linux-gnu*)
gmic() { LD_LIBRARY_PATH=$lib:$work/root/usr/lib:$lib/blas:$lib/lapack:$lib/pulseaudio "$work/root/usr/bin/gmic" "$@"; }

# The maximum of the PNG's samples and the first two samples, of a flat picture of 200 with a first pixel of the given value.
try() {
    gmic 4,2,1,1,"x==0&&y==0?$1:200" "${@:2}" -o out.png 2>gmic.log || { cat gmic.log; exit 1; }
    run pngtopnm -plain out.png | awk 'NR == 3 { max = $1 } NR == 4 { print $1, $2, "of", max }'
}
low=$(try 255.9) high=$(try 256) cut=$(try 256 -cut 0,255)
echo "expected: 255 200 of 255, whether the first pixel is 255.9 or 256"
echo "seen:     255.9: $low; 256: $high; 256 after -cut 0,255: $cut"
[[ $low = '255 200 of 255' && $high = '256 200 of 65535' && $cut = "$low" ]] || { echo "the behaviour has changed"; exit 1; }
