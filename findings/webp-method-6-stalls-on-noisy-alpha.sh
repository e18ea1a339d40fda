#!/usr/bin/env bash
# cwebp's slowest method, -m 6, takes 200 times as long as -m 5 where a small lossy picture has a noisy alpha plane.
#
# -m chooses how hard the encoder tries. From 5 to 6 an opaque picture takes one and a half times as long, and one expects no more of any
# picture. Alpha is coded losslessly with the same method, and there 6 adds a search that is slow where nothing repeats: 256 x 256
# pixels of noisy alpha take 5 s instead of 0.03 s. The file is not smaller for it. A server that lets clients choose the method,
# or a batch of icons at "best compression", is stopped by a few small files.
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

unpack webp=1.2.4-0.2+deb12u1
cd "$work"

# Seconds of CPU time that cwebp takes.
seconds() { { TIMEFORMAT=%U; time run cwebp -quiet "$@" -o out.webp; } 2>&1; }

side=256
{ printf 'P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n' $side $side; head -c $((4 * side * side)) /dev/urandom; } >alpha.pam
{ printf 'P6\n%d %d\n255\n' $side $side; head -c $((3 * side * side)) /dev/urandom; } >opaque.ppm
opaque5=$(seconds -m 5 opaque.ppm) opaque6=$(seconds -m 6 opaque.ppm)
alpha5=$(seconds -m 5 alpha.pam) alpha6=$(seconds -m 6 alpha.pam)
echo "expected: -m 6 takes up to a few times as long as -m 5, with alpha and without"
echo "seen:     $side x $side pixels of noise: without alpha -m 5 $opaque5 s, -m 6 $opaque6 s; with alpha -m 5 $alpha5 s, -m 6 $alpha6 s"
awk -v a="$opaque5" -v b="$opaque6" -v c="$alpha5" -v d="$alpha6" 'BEGIN { exit !(b < 4 * (a + 0.02) && d > 20 * c && d > 1) }' ||
    { echo "the behaviour has changed"; exit 1; }
