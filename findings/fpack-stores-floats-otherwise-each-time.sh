#!/usr/bin/env bash
# fpack, the FITS library's own compressor, makes another picture of the same floats each time, and none is the original.
#
# FITS is the format of measurements, and what fpack does to integers is lossless: funpack gives the same samples back. Floats it rounds by
# default to a quarter of the noise that it finds in them, and adds random numbers before it rounds, from a table at a place that the clock
# chooses. So files made from one picture differ, and so do nearly all of their samples; a checksum says nothing, and an archive's copy does
# not match one made anew. Lossless is "-g -q 0".
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

command -v perl >/dev/null || { echo "cannot be tried here: perl is missing"; exit 2; }
unpack libcfitsio-bin=4.2.0-3
cd "$work"

# 64 x 64 floats with noise, and the same as integers.
cat >fits.pl <<'EOP'
my ($bits, $type) = @ARGV;
my $head = join '', map { sprintf '%-80s', $_ } 'SIMPLE  =                    T', sprintf('BITPIX  = %20d', $bits),
    'NAXIS   =                    2', 'NAXIS1  =                   64', 'NAXIS2  =                   64', 'END';
my $noise = 1;
my $data = pack "$type*", map { $noise = $noise * 16807 % 2147483647; 1000 + $_ % 64 + $noise % 1000 / 100 } 0 .. 4095;
binmode STDOUT;
print map { $_->[0] . $_->[1] x (-length($_->[0]) % 2880) } [$head, ' '], [$data, "\0"];
EOP
perl fits.pl -32 'f>' >floats.fits
perl fits.pl 16 's>' >integers.fits
# How many of the samples of two pictures differ. A sample takes BYTES.
differ() { { cmp -l "$1" "$2" || true; } | awk -v bytes="$3" '$1 > 2880 { s[int(($1 - 2881) / bytes)] } END { print length(s) }'; }
# Compress NAME with the options and unpack it as OUTPUT.
trip() {
    rm -f packed.fz "$2"
    run fpack "${@:3}" -O packed.fz "$1.fits"
    run funpack -O "$2" packed.fz
}
trip integers i.fits
trip floats a.fits
for _ in {1..50}; do # the clock's seconds count, too: in the next one it is another picture
    sleep 0.1
    trip floats b.fits
    [ "$(differ a.fits b.fits 4)" = 0 ] || break
done
trip floats g.fits -g -q 0
size=$(stat -c %s floats.fits)
[ "$(stat -c %s a.fits)" = "$size" ] || { echo "the size has changed"; exit 1; }
integers=$(differ integers.fits i.fits 2) first=$(differ floats.fits a.fits 4) second=$(differ floats.fits b.fits 4) both=$(differ a.fits b.fits 4)
lossless=$(differ floats.fits g.fits 4)
echo "expected: none of 4096 samples changed, as for integers: $integers"
echo "seen:     floats changed: $first and $second; between the two: $both; with -g -q 0: $lossless"
[[ $integers = 0 && $lossless = 0 && $first -gt 4000 && $second -gt 4000 && $both -gt 4000 ]] || { echo "the behaviour has changed"; exit 1; }
