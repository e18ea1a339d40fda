#!/usr/bin/env bash
# ffmpeg converts an opaque 8-bit PNG to an EXR in which white is 0.99615 and opaque alpha is 0.99995.
#
# In floating point white is 1.0, and so is opaque. One expects integer samples to be divided by their maximum. For
# 8-bit colour ffmpeg's scaler shifts samples left to 16 bits and then divides by 65535, so white is 0.99615 and the level 128 is just
# below 0.5. Alpha takes another path and is 0.99995. Nothing in the EXR is white, and opaque objects let some background through
# when composited. From a 16-bit PNG of the same image white is 0.99995 and alpha is 1. Converting back to 8 bits gives the original
# samples, which hides the error.
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

unpack ffmpeg=7:5.1.9-0+deb12u1
cd "$work"

# A ramp of all 256 greys, opaque, as raw RGBA samples of 8 bits and as the same in 16 bits.
perl -e 'print pack "C*", map { ($_, $_, $_, 255) } 0..255' >ramp8.raw
perl -e 'print pack "S<*", map { ($_ * 257, $_ * 257, $_ * 257, 65535) } 0..255' >ramp16.raw
seen=
ramp() { # ramp BITS FORMAT: PNG to EXR; the samples of red for 128 and for white, and alpha
    run ffmpeg -v error -f rawvideo -pix_fmt "$2" -s 256x1 -i "ramp$1.raw" "ramp$1.png"
    run ffmpeg -v error -i "ramp$1.png" -pix_fmt gbrapf32le "ramp$1.exr"
    run ffmpeg -v error -i "ramp$1.exr" -f rawvideo -pix_fmt gbrapf32le - | od -An -v -tf4 -w1024 | # planes: green, blue, red, alpha
        awk 'NR == 3 { printf "%.5f %.5f ", $129, $256 } NR == 4 { printf "%.5f\n", $256 }'
}
echo "expected: 0.50196 for 128, 1.00000 for white and 1.00000 for alpha"
for kind in '8 rgba' '16 rgba64le'; do
    # shellcheck disable=SC2086 # two words
    read -r half white alpha < <(ramp $kind)
    echo "seen:     PNG of ${kind% *} bits: $half for 128, $white for white, $alpha for alpha"
    seen+="$half $white $alpha;"
done
back=$(run ffmpeg -v error -i ramp8.exr -f rawvideo -pix_fmt rgba - | cmp - ramp8.raw && echo same || echo other)
echo "          turned back into 8 bits: the $back samples"
[[ $seen = '0.49999 0.99615 0.99995;0.50195 0.99995 1.00000;' && $back = same ]] || { echo "the behaviour has changed"; exit 1; }
