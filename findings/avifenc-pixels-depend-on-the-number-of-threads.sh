#!/usr/bin/env bash
# avifenc with libaom makes another picture with two threads than with one.
#
# A still picture of one tile has no frames to spread over threads. libavif asks libaom for row-based multithreading when -j is more than
# one, which should do the same work in parallel, and so one expects the same file for any -j, as cwebp and cjxl make it. But the bytes
# and the decoded pixels differ between -j 1 and -j 2, while 2 and 3 agree. "-j all" therefore gives other results on a machine or
# in a container with one processor, and a cache keyed by input and options does not find its file again. aomenc shows the cause: two threads
# without row-based multithreading give the same stream as one, and with it another.
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

unpack libavif-bin=0.11.1-1+deb12u1 libaom3=3.6.0-1+deb12u3 aom-tools=3.6.0-1+deb12u3
cd "$work"

# 256 x 256 pixels of curved stripes, a ramp and noise (a Lehmer generator), as YUV 4:4:4 samples.
{
    echo 'YUV4MPEG2 W256 H256 F25:1 Ip C444 XCOLORRANGE=FULL'
    echo FRAME
    LC_ALL=C awk 'BEGIN {
        for (plane = 0; plane < 3; plane++) for (y = 0; y < 256; y++) for (x = 0; x < 256; x++) {
            state = state ? state * 16807 % 2147483647 : 1
            value = plane == 0 ? 127 + 100 * sin(x * y / 900) : plane == 1 ? (x + y) / 2 : 64 * state / 2147483647 + x / 2
            printf "%02x\n", value
        }
    }' | perl -ne 'print pack "H2", $_'
} >in.y4m
for threads in 1 2 3; do
    run avifenc -c aom -s 6 -j $threads in.y4m $threads.avif >avifenc.log
    run avifdec $threads.avif $threads.y4m >avifdec.log
done
for options in '--row-mt=0 --threads=1' '--row-mt=0 --threads=2' '--row-mt=1 --threads=1' '--row-mt=1 --threads=2'; do
    # shellcheck disable=SC2086 # the options are two words
    run aomenc --quiet --allintra --i444 --limit=1 --cpu-used=6 --end-usage=q --cq-level=25 --obu $options -o "$options.obu" in.y4m 2>aomenc.log
done

tiles() { grep -o 'tileRowsLog2 \[0\], tileColsLog2 \[0\]' avifenc.log || echo 'more than one tile'; }
pixels() { { cmp -l "$1.y4m" "$2.y4m" || true; } | wc -l; }
same() { if cmp -s -- "$1" "$2"; then echo same; else echo other; fi; }
echo "expected: the same file with one, two and three threads ($(tiles))"
echo "seen:     -j 1: $(stat -c %s 1.avif) bytes, -j 2: $(stat -c %s 2.avif) bytes, -j 3: $(stat -c %s 3.avif) bytes;" \
    "$(pixels 1 2) of 196608 decoded samples differ between 1 and 2, $(pixels 2 3) between 2 and 3"
streams="$(same --row-mt=0\ --threads={1,2}.obu) $(same --row-mt=1\ --threads={1,2}.obu)"
echo "          aomenc with two threads instead of one: without row-based multithreading the ${streams% *} stream, with it an${streams#* } one"
[[ $(same 1.avif 2.avif) = other && $(same 2.avif 3.avif) = same && $(pixels 1 2) -gt 1000 && $(pixels 2 3) = 0 && $streams = 'same other' ]] ||
    { echo "the behaviour has changed"; exit 1; }
