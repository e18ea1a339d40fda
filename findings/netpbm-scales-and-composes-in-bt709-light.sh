#!/usr/bin/env bash
# Half of black and white is 179 for Netpbm's pamscale and pamcomp; its other programs, and other libraries, say 128 or 188.
#
# Programs that average pixels do it with the stored values, which gives 127 or 128 of 255, or in linear light by the sRGB curve, which
# gives 188. Netpbm's formats are defined with the curve of BT.709, and two of its programs go by that: a checkerboard that pamscale
# makes smaller, and white laid over black with an opacity of a half by pamcomp, come out in between. But pamscale with -filter,
# pnmscalefixed and pamstretch work on the stored values, so one program gives a thumbnail two brightnesses,
# by an option that is to choose how sharp it is. -linear, which sounds like linear light, is what turns it off.
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

unpack netpbm=2:11.01.00-2
cd "$work"
export PATH=$work/root/usr/bin:$PATH LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*)

pgmmake 0 8 8 >black.pgm
pgmmake 1 8 8 >white.pgm
{ printf 'P5\n8 8\n255\n'; printf '\0\377\0\377\0\377\0\377\377\0\377\0\377\0\377\0%.0s' 1 2 3 4; } >check.pgm
# The mean of a picture's samples, as a whole number.
mean() { pamsumm -mean -brief 2>/dev/null | awk '{ printf "%.0f", $1 }'; }
scale=$(pamscale 0.5 check.pgm | mean) linear=$(pamscale -linear 0.5 check.pgm | mean) box=$(pamscale -filter=box 0.5 check.pgm | mean)
fixed=$(pnmscalefixed 0.5 check.pgm | mean) stretch=$(pamstretch 2 check.pgm | pamcut -left 2 -top 2 -width 10 -height 10 | mean)
over=$(pamcomp -opacity=0.5 white.pgm black.pgm | mean)
echo "expected: one value for half of black and white: 128 (of the stored values) or 188 (of light, sRGB)"
echo "seen:     pamscale $scale, pamscale -linear $linear, pamscale -filter=box $box, pnmscalefixed $fixed, pamstretch $stretch, pamcomp $over"
[[ "$scale $linear $box $fixed $over" = '179 128 128 128 179' && $stretch -ge 126 && $stretch -le 128 ]] ||
    { echo "the behaviour has changed"; exit 1; }
