#!/usr/bin/env bash
# jpegtran's lossless conversion from progressive to baseline JPEG changes the decoded pixels.
#
# A progressive JPEG may leave out coefficients. Here only the DC coefficient of each 8 x 8 block is sent, so every block is one flat
# colour. libjpeg-turbo's decoder does not show it so: where a progressive file sent no low AC coefficients, it estimates them from the
# DC values of the neighbouring blocks (block smoothing, on by default, no option of djpeg turns it off). It does this for a file that
# has ended properly, too, not only while more scans are expected. Baseline files are never smoothed. jpegtran copies the coefficients
# exactly, yet what any program with this library shows before and after is not the same picture.
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

# A diagonal ramp, 64 x 64 grey samples.
awk 'BEGIN { print "P2 64 64 255"; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) print 2 * (x + y) }' >ramp.pgm
echo '0: 0-0, 0, 0;' >dc-only.scans
run cjpeg -grayscale -scans dc-only.scans -outfile progressive.jpg ramp.pgm
run jpegtran -outfile baseline.jpg progressive.jpg
run jpegtran -scans dc-only.scans -outfile again.jpg baseline.jpg
for name in progressive baseline again; do run djpeg -pnm -outfile $name.pgm $name.jpg 2>>warnings; done
[ ! -s warnings ] || { echo "djpeg warns of the files:"; cat warnings; exit 1; }

first() { tail -c 4096 "$1.pgm" | head -c 16 | od -An -tu1 -w16; }
differ=$({ cmp -l progressive.pgm baseline.pgm || true; } | wc -l)
echo "expected: jpegtran is lossless, so both files decode to the same 4096 samples"
echo "seen:     $differ of 4096 samples differ; the first 16 of row 0 are"
echo "          progressive:$(first progressive)"
echo "          baseline:   $(first baseline)"
if cmp -s progressive.jpg again.jpg; then
    echo "          converted back to progressive, the file equals the first one byte for byte: no coefficient was lost"
else
    echo "converting back does not give the first file"
    exit 1
fi
[ "$differ" -gt 2000 ] || { echo "the behaviour has changed"; exit 1; }
