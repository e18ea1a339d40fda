#!/usr/bin/env bash
# ffmpeg's gblur ("Gaussian blur") is not Gaussian by default: its kernel is a sharp peak with long tails, a double exponential.
#
# gblur takes a sigma and a number of steps for the approximation, 1 by default. An approximation should resemble the Gaussian: 0.88 of the peak
# at half a sigma, 0.01 at three sigmas. One step is a recursive filter run forwards and backwards, whose kernel falls by the
# same factor from each pixel to the next. Its standard deviation is right, but its peak is 1.8 times as high and its kurtosis is nearly
# 6 instead of 3, so that thin lines still show as creases. Even with the maximum of six steps the kurtosis is 3.5.
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

# One bright column of 16 bits: a row of the blurred picture is the kernel.
awk 'BEGIN { print "P2 161 161 65535"; for (y = 0; y < 161; y++) for (x = 0; x < 161; x++) print x == 80 ? 65535 : 0 }' >line.pgm
perl -pe 'BEGIN { $/ = undef } s/^P2 (\S+ \S+ \S+)\s(.*)/"P5 $1\n" . pack("n*", split " ", $2)/se' line.pgm >line5.pgm

# Its peak and its value at half a sigma and at three sigmas, relative to those of a Gaussian; standard deviation; kurtosis.
shape() {
    run ffmpeg -v error -i line5.pgm -vf "format=gray16le,gblur=sigma=8:steps=$1" -frames:v 1 -f rawvideo -pix_fmt gray16le - |
        od -An -v -tu2 -w322 | sed -n 81p | awk '{
            for (i = 1; i <= NF; i++) { sum += $i; m2 += $i * (i - 81) ^ 2; m4 += $i * (i - 81) ^ 4 }
            m2 /= sum; m4 /= sum; peak = 8 * sqrt(2 * 3.14159265) / sum
            printf "%.2f %.2f %.2f %.2f %.2f\n", $81 * peak, $85 / $81, $105 / $81, sqrt(m2), m4 / m2 ^ 2 }'
}
echo "expected: 1.00 times a Gaussian's peak, 0.88 of it at half a sigma, 0.01 at three; standard deviation 8.00, kurtosis 3.00"
for steps in 1 3 6; do
    read -r peak half three deviation kurtosis < <(shape $steps)
    echo "seen:     steps=$steps: $peak times the peak, $half at half a sigma, $three at three; standard deviation $deviation, kurtosis $kurtosis"
    results+="$peak $half $three $deviation $kurtosis "
done
awk -v all="$results" 'BEGIN { split(all, v)
    exit !(v[1] > 1.6 && v[2] < 0.6 && v[4] > 7.8 && v[4] < 8.1 && v[5] > 5.5 && v[10] > 3.7 && v[15] > 3.3) }' ||
    { echo "the behaviour has changed"; exit 1; }
