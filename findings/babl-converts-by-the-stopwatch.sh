#!/usr/bin/env bash
# babl, which converts pixels for GIMP and GEGL, chooses among its conversions with a stopwatch, and they give different results.
#
# A conversion from one pixel format to another is a formula, so one expects one result from one library on one machine. But
# when a program first asks babl for a conversion, babl tries the chains of functions that lead there, measures their error and their
# time, and takes the fastest whose error is tolerable. Of two that are nearly as fast now one wins, now the other. So the same program
# gives other samples from one run to the next on an idle machine, too: one step of 16 bits in some samples of linear light here, and a
# hash of the result, a cache or a test that compares bytes fails now and then.
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

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
unpack libbabl-dev=1:0.1.98-1+b1
cd "$work"
cat >convert.c <<'EOC'
#include <babl/babl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// 4096 opaque 8-bit colours in other formats: a checksum of each.
int main(void)
{
    static const char *formats[] = {"R'G'B'A u16", "R'G'B'A float", "RGBA float", "RGBA u16", "R'aG'aB'aA float", "RaGaBaA float",
        "RaGaBaA half", "Y'A float", "YA float", "Y'A u8", "Y'A u16", "Y' u8", "Y' u16"};
    enum { COUNT = 4096 };
    static uint8_t colours[4 * COUNT], converted[16 * COUNT], back[8 * COUNT];
    babl_init();
    for (int i = 0; i < COUNT; i++) colours[4 * i] = i * 7, colours[4 * i + 1] = i / 16, colours[4 * i + 2] = 255 - i * 3, colours[4 * i + 3] = 255;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const Babl *format = babl_format(formats[i]);
        uint32_t sum = 1;
        memset(converted, 0, sizeof converted);
        babl_process(babl_fish(babl_format("R'G'B'A u8"), format), colours, converted, COUNT);
        babl_process(babl_fish(format, babl_format("R'G'B'A u16")), converted, back, COUNT);
        for (size_t j = 0; j < sizeof converted; j++) sum = sum * 16777619u ^ converted[j];
        for (size_t j = 0; j < sizeof back; j++) sum = sum * 16777619u ^ back[j];
        printf("%s\t%08x\n", formats[i], sum);
    }
}
EOC
lib=$(echo "$work"/root/usr/lib/*-linux-gnu*)
cc -I"$work/root/usr/include/babl-0.1" convert.c -o convert -L"$lib" -lbabl-0.1
export LD_LIBRARY_PATH=$lib BABL_PATH=$lib/babl-0.1 HOME=$work/home XDG_CACHE_HOME=$work/home
./convert >first
changed=
for run in {2..100}; do
    changed=$(./convert | diff first - | sed -n 's/^> \(.*\)\t.*/\1/p' | paste -sd ',' | sed 's/,/, /g') || true
    [ -z "$changed" ] || break
done
echo "expected: the same samples in every run, in each of $(grep -c . first) formats"
echo "seen:     run $run differs from the first in: ${changed:-nothing}"
[ -n "$changed" ] || { echo "the behaviour has changed"; exit 1; }
