#!/usr/bin/env bash
# cwebp writes other lossless bytes on i386 than on amd64, from the same pixels with the same version.
#
# Lossless coding works on integers, and a choice between codings by their size in bits has one best answer. So one expects that a lossless
# file is the same on every machine, and that it can be compared or cached by its hash. But libwebp estimates the sizes in floating
# point. Debian's i386 has no SSE2 and computes in the x87 registers, with more digits than amd64: that is the likely cause that other codings
# are chosen. The pixels are the same; the files differ, in length too, from method 2 up.
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

[ "$(uname -m)" = x86_64 ] || { echo "cannot be tried here: it takes an x86-64 processor"; exit 2; }
unpack webp=1.2.4-0.2+deb12u1

# The same package for i386, with its own C library, from lists of its own.
mkdir -p "$work"/i386/{lists,cache/archives}/partial && : >"$work/i386/status"
echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main' >"$work/i386/sources.list"
i386=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o APT::Architecture=i386
    -o APT::Architectures::=i386 -o Acquire::Languages=none
    -o Dir::State::lists="$work/i386/lists" -o Dir::State::status="$work/i386/status" -o Dir::Cache="$work/i386/cache"
    -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::sourcelist="$work/i386/sources.list")
{ "${i386[@]}" update && "${i386[@]}" --no-install-recommends --download-only install webp=1.2.4-0.2+deb12u1; } >"$work/i386/log" 2>&1 ||
    { echo "cannot be tried here: fetching the packages for i386 failed"; exit 2; }
for deb in "$work"/i386/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work/i386/root"; done
run_i386() {
    local root=$work/i386/root
    "$root/lib/ld-linux.so.2" --library-path "$root/lib/i386-linux-gnu:$root/usr/lib/i386-linux-gnu" "$root/usr/bin/$1" "${@:2}"
}
cd "$work"
run_i386 cwebp -version >i386.version || { echo "cannot be tried here: i386 programs do not run"; exit 2; }
echo "version:  i386: webp $(dpkg-deb -f "$(echo i386/cache/archives/webp_*.deb)" Version)"

# 600 x 400 pixels: curved stripes, a ramp and noise (a Lehmer generator).
LC_ALL=C awk 'BEGIN {
    for (y = 0; y < 400; y++) for (x = 0; x < 600; x++) {
        state = state ? state * 16807 % 2147483647 : 1
        printf "%02x%02x%02x\n", 127 + 100 * sin(x * y / 9000), (x + y) / 4, 32 * state / 2147483647 + x / 3
    }
}' | perl -ne 'BEGIN { print "P6\n600 400\n255\n" } chomp; print pack "H6", $_' >in.ppm
echo "expected: the same file from both"
different=0 pixels=same
for method in 0 2 4 6; do
    run cwebp -quiet -lossless -m $method -q 75 in.ppm -o amd64.webp
    run_i386 cwebp -quiet -lossless -m $method -q 75 in.ppm -o i386.webp
    cmp -s <(run dwebp -quiet amd64.webp -ppm -o -) <(run dwebp -quiet i386.webp -ppm -o -) || pixels=other
    if cmp -s amd64.webp i386.webp; then files=same; else files=other different=$((different + 1)); fi
    echo "seen:     -m $method: amd64 $(stat -c %s amd64.webp) bytes, i386 $(stat -c %s i386.webp) bytes: the $files file, the $pixels pixels"
done
[[ $different -ge 2 && $pixels = same ]] || { echo "the behaviour has changed"; exit 1; }
