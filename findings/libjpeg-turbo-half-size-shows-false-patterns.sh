#!/usr/bin/env bash
# libjpeg-turbo decodes fine detail at 1/2 size as a false pattern, but at 5/8 and 3/8 as flat grey.
#
# Decoding at a reduced size works on the 8 x 8 coefficients, so it is known as a good low-pass filter: for N/8 only the lowest N x N
# frequencies are used, and what the smaller picture cannot hold is gone. That is so for 3/8, 5/8, 6/8 and 7/8. For 1/2 the library
# computes the averages of two neighbouring pixels of the full picture instead (for 1/4 of four). An average of two lets a pattern near
# the resolution limit through, folded to a lower frequency: a weave or a fine grid that 3/8 and 5/8 show as plain grey becomes moire at
# 1/2, the size that thumbnailers use most.
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

unpack libjpeg-turbo-progs=1:2.1.5-2
cd "$work"

# Grey columns, the same in each block: the cosine of frequency 6 (0 is flat, 7 the finest), which has three periods in 8 pixels.
awk 'BEGIN { print "P2 64 64 255"; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++)
    printf "%d\n", 128.5 + 100 * cos((2 * (x % 8) + 1) * 6 * 3.14159265 / 16) }' >columns.pgm
run cjpeg -quality 100 -grayscale -outfile columns.jpg columns.pgm

# EIGHTHS: the first row of the first block
row() { run djpeg -scale "$1"/8 -pnm columns.jpg | tail -c $(($1 * $1 * 64)) | od -An -v -tu1 -w"$1" -N"$1" | tr -s ' '; }
range() { row "$1" | tr ' ' '\n' | sed '/^$/d' | sort -n | sed -n '1p;$p' | paste -sd ' '; }
echo "expected: frequency 6 does not fit into 5 samples or fewer a block: flat grey (128) at 5/8, 4/8 and 3/8"
for eighths in 8 7 6 5 4 3; do echo "seen:     $eighths/8: $(row $eighths)"; done
for eighths in 5 3; do
    read -r low high < <(range $eighths)
    ((low >= 126 && high <= 130)) || { echo "the behaviour has changed"; exit 1; }
done
read -r low high < <(range 4)
# Averages of two neighbours in the full row.
averages=$(row 8 | awk '{ for (i = 1; i < 8; i += 2) printf "%d ", ($i + $(i + 1)) / 2 }')
echo "          averages of two neighbours at 8/8: $averages"
near=$(paste -d ' ' <(row 4) <(echo "$averages") |
    awk '{ for (i = 1; i <= 4; i++) { d = $i - $(i + 4); if (d > 1 || d < -1) n++ } print n + 0 }')
((high - low > 40 && near == 0)) || { echo "the behaviour has changed"; exit 1; }
