#!/usr/bin/env bash
# ImageMagick and GraphicsMagick resize the same pixels with another filter if they are stored with a palette or an opaque alpha channel.
#
# The default filter for making a picture smaller is known to be Lanczos, for making it larger Mitchell. How the pixels are
# stored should not matter once they are decoded: a palette of the very same colours, and alpha that is opaque everywhere, change no pixel.
# But both programs also take Mitchell for a palette image and for any image with an alpha channel (GraphicsMagick's manual page mentions it
# under -filter). So thumbnails of one picture are sharp or soft depending on whether an optimiser made a palette PNG of it, and an
# alpha channel that hides nothing softens it. With an explicit -filter all are equal.
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
gm() { run gm "$@"; }
magick() { # ImageMagick finds its modules for the formats by these variables
    local lib
    lib=$(echo "$work"/root/usr/lib/*-linux-gnu*/ImageMagick-*)
    MAGICK_CODER_MODULE_PATH=$lib/modules-Q16/coders MAGICK_CONFIGURE_PATH=$lib/config-Q16:$work/root/etc/ImageMagick-6 run convert-im6.q16 "$@"
}

unpack imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 graphicsmagick=1.4+really1.3.40-4+deb12u1
cd "$work"

# 64 x 64 pixels of four colours in diagonal stripes of different widths.
awk 'BEGIN { print "P3 64 64 255"; split("0 0 0,255 255 255,200 40 40,20 60 220", colour, ",")
    for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) print colour[1 + int((x + 2 * y) ^ 1.2) % 4] }' >stripes.ppm
magick stripes.ppm -define png:color-type=2 rgb.png
magick stripes.ppm PNG8:palette.png
magick stripes.ppm -alpha on -define png:color-type=6 alpha.png
type() { od -An -j25 -N1 -tu1 "$1.png" | tr -d ' '; } # the colour type of IHDR: 2 RGB, 3 palette, 6 RGB and alpha
[[ $(type rgb)$(type palette)$(type alpha) = 236 ]] || { echo "the three PNGs are not of types 2, 3 and 6"; exit 2; }

sum() { cksum | cut -d' ' -f1; }
same() { if [[ $1 = "$2" ]]; then echo same; else echo other; fi; }
seen=
echo "expected: the same 32 x 32 pixels of all three files, which hold the same 64 x 64 pixels"
for program in magick gm; do
    command=(magick) no_alpha=(-alpha off)
    [ $program = magick ] || command=(gm convert) no_alpha=(+matte)
    for options in '' '-resize 32x32' '-filter Lanczos -resize 32x32' '-filter Mitchell -resize 32x32'; do
        read -ra words <<<"$options"
        rgb=$("${command[@]}" rgb.png "${words[@]}" "${no_alpha[@]}" -depth 8 rgb:- | sum)
        palette=$("${command[@]}" palette.png "${words[@]}" "${no_alpha[@]}" -depth 8 rgb:- | sum)
        alpha=$("${command[@]}" alpha.png "${words[@]}" "${no_alpha[@]}" -depth 8 rgb:- | sum)
        result="$(same "$rgb" "$palette") $(same "$rgb" "$alpha")"
        echo "seen:     $program ${options:-(decoded)}: palette: ${result% *}, opaque alpha: ${result#* } pixels as without"
        seen+="$result,"
        [[ $options != -resize* ]] || soft=$palette
    done
    seen+="$(same "$soft" "$palette");" # the last filter was Mitchell: it is the one that the palette gets
done
one='same same,other other,same same,same same,same;'
[ "$seen" = "$one$one" ] || { echo "the behaviour has changed"; exit 1; }
