#!/usr/bin/env bash
# LibRaw brightens a whole raw photo by 28 % when its brightest pixel reaches 3/4 of the sensor's range, also with automatic brightness off.
#
# dcraw_emu -W turns automatic brightening off, so that the frames of a series keep their relation: a sample's result depends on that sample and
# on the file's white level. So it is in dcraw, from which LibRaw comes. But LibRaw takes the brightest sample of the picture for white when it is
# above 75 % of the white level (adjust_maximum_thr, -c), a value that has nothing to do with -W. One bright pixel in a dark picture changes every
# other pixel: with 3000 of 4095 nothing happens, with 3200 all others become 28 % brighter, with 4095 they are as before. Frames of a
# time lapse flicker, a bracketed series does not add up, and a crop's raw data gives other values than the whole. -c 0 switches it off.
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
unpack libraw-bin=0.20.2-2.1+deb12u2 dcraw=9.28-3+b1
cd "$work"

# A DNG of 64 x 64 samples of 1000 with a white level of 4095, and a spot of the given value.
cat >dng.pl <<'EOP'
my ($byte, $text, $short, $long, $rational, $signed) = (1, 2, 3, 4, 5, 10);
my $side = 64;
my @samples = (1000) x ($side * $side);
@samples[$_ * $side + 20 .. $_ * $side + 23] = ($ARGV[0]) x 4 for 20, 21;
my @xyz = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.204, 1.057); # sRGB from XYZ
my @tags = (
    [256, $long, $side], [257, $long, $side], [258, $short, 16], [259, $short, 1], [262, $short, 32803],
    [271, $text, 'Maker'], [272, $text, 'Model'], [273, $long, 0], [277, $short, 1], [278, $long, $side],
    [279, $long, 2 * @samples], [33421, $short, 2, 2], [33422, $byte, 0, 1, 1, 2], [50706, $byte, 1, 4, 0, 0],
    [50707, $byte, 1, 1, 0, 0], [50708, $text, 'Maker Model'], [50714, $long, 0], [50717, $long, 4095],
    [50721, $signed, @xyz], [50728, $rational, 1, 1, 1], [50778, $short, 21],
);
my $encode = sub {
    my ($type, @values) = @_;
    return "$values[0]\0" if $type == $text;
    return pack $type == $byte ? 'C*' : $type == $short ? 'v*' : 'V*', @values if $type <= $long;
    return join '', map { pack 'l<V', sprintf('%.0f', $_ * 10000), 10000 } @values;
};
my $rows = 8 + 2 + 12 * @tags + 4;
my ($entries, $values) = ('', '');
for my $pass (1, 2) { # the first pass finds where the samples begin
    my $data = $rows + length $values;
    ($entries, $values) = ('', '');
    for (@tags) {
        my ($tag, $type, @list) = @$_;
        my $bytes = $encode->($type, $tag == 273 ? $data : @list);
        my $count = $type == $text ? length $bytes : @list;
        my $field = $bytes;
        ($field, $values) = (pack('V', $rows + length $values), $values . $bytes . "\0" x (length($bytes) & 1)) if length $bytes > 4;
        $entries .= pack 'vvVa4', $tag, $type, $count, $field;
    }
}
binmode STDOUT;
print "II*\0", pack('Vv', 8, scalar @tags), $entries, pack('V', 0), $values, pack 'v*', @samples;
EOP
# The value of a pixel far from the spot: linear, 16 bits, no automatic brightness, no colour conversion.
far() { od -An -tu2 --endian=big -j $(($(stat -c %s "$1") - 6 * 64 * 24)) -N 2 "$1" | tr -d ' '; }
options=(-W -6 -g 1 1 -o 0 -r 1 1 1 1)
for spot in 1000 3000 3200 4095; do
    perl dng.pl $spot >$spot.dng
    run dcraw "${options[@]}" -c $spot.dng >dcraw.ppm
    run dcraw_emu "${options[@]}" -Z emu.ppm $spot.dng >/dev/null
    run dcraw_emu -c 0 "${options[@]}" -Z off.ppm $spot.dng >/dev/null
    dcraw+=" $(far dcraw.ppm)" emu+=" $(far emu.ppm)" off+=" $(far off.ppm)"
done
echo "expected: the same value far from a spot of 1000, 3000, 3200 or 4095, as in dcraw:${dcraw}"
echo "seen:     LibRaw:$emu; with -c 0:$off"
[[ $dcraw = ' 16003 16003 16003 16003' && $emu = ' 16003 16003 20479 16003' && $off = "$dcraw" ]] || { echo "the behaviour has changed"; exit 1; }
