#!/usr/bin/env bash
# White of an AVIF or HEIC with 10 or 12 bits comes out of heif-convert and of libvips as a light grey of 16 bits.
#
# The largest sample of 10 bits is 1023. A converter to a PNG of 16 bits has to scale it to 65535, or has to say (sBIT) that fewer bits count.
# avifdec scales. heif-convert and libvips (also inside sharp) only shift the samples to the left: white becomes 65472, 99.90 %, and no sBIT says
# why. So white paper is no longer white, a mask's opaque pixels let something through, and two converters disagree about every sample but 0.
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

unpack libavif-bin=0.11.1-1+deb12u1 libheif-examples=1.15.1-1+deb12u1 libvips-tools=8.14.1-3+deb12u2 netpbm=2:11.01.00-2
cd "$work"
command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
echo "version:  sharp 0.35.5, libvips $(node -p 'require("sharp").versions.vips')"

# The one sample of a PNG whose pixels are all alike, and sBIT if it is there.
sample() {
    local value
    value=$(run pngtopnm -plain "$1" 2>/dev/null | tail -n +4 | tr -s ' ' '\n' | grep . | sort -u | tr '\n' ' ')
    echo "${value% }$(grep -qa sBIT "$1" && echo ' with sBIT')"
}

awk 'BEGIN { print "P3 32 32 65535"; for (i = 0; i < 32 * 32 * 3; i++) print 65535 }' >white.ppm
run pnmtopng white.ppm >white.png 2>log
echo "expected: 65535 from each, as in the picture that was encoded"
seen=
for bits in 10 12; do
    run avifenc -l -d $bits -s 8 white.png white.avif >>log 2>&1
    run avifdec white.avif avifdec.png >>log
    run heif-convert white.avif heif-convert.png >>log
    run vips copy white.avif vips.png 2>>log
    node -e 'require("sharp")("white.avif").toColourspace("rgb16").png().toFile("sharp.png")'
    for program in avifdec heif-convert vips sharp; do
        echo "seen:     $bits bits, $program: $(sample $program.png)"
        seen+="$(sample $program.png),"
    done
done
ten='65535,65472,65472,65472,' twelve='65535,65520,65520,65520,'
[ "$seen" = "$ten$twelve" ] || { echo "the behaviour has changed"; exit 1; }
