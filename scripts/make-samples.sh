#!/usr/bin/env bash
# Renders samples/ again, in about a minute: scripts/samples/*.c draw the scenes, ImageMagick stores each as another kind of file.
# Needs Debian's gcc, imagemagick, libimage-exiftool-perl, webp and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in gcc convert exiftool cwebp python3; do
    command -v "$tool" >/dev/null || {
        echo "make-samples.sh: $tool is missing (apt-get install gcc imagemagick libimage-exiftool-perl webp python3)" >&2
        exit 1
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

gcc -std=gnu17 -O3 -march=native -ffast-math -fopenmp scripts/samples/*.c -o "$work/samples" -lm

# scene NAME WIDTH HEIGHT: a 16-bit picture, its name on standard output. Opaque ones lose their alpha channel.
scene() {
    "$work/samples" "$@" >"$work/$1.pam"
    [ "$1" = wheel ] || convert "$work/$1.pam" -alpha off "$work/$1.pam"
    echo "$work/$1.pam"
}

lake=$(scene lake 1200 800)
nebula=$(scene nebula 780 520)
spheres=$(scene spheres 690 460)
moon=$(scene moon 420 420)
marble=$(scene marble 540 360)
tarn=$(scene tarn 400 560)
dunes=$(scene dunes 390 260)
wheel=$(scene wheel 288 288)
heights=$(scene heights 240 240)
julia=$(scene julia 480 320)
mandelbrot=$(scene mandelbrot 300 200)

jpeg=(-depth 8 -strip -interlace none -sampling-factor 4:2:0)
convert "$lake" "${jpeg[@]}" -quality 88 samples/lake.jpg
convert "$nebula" "${jpeg[@]}" -interlace JPEG -quality 82 samples/nebula-progressive.jpg
convert "$spheres" "${jpeg[@]}" -sampling-factor 4:4:4 -quality 88 samples/spheres-444.jpg
convert "$moon" "${jpeg[@]}" -colorspace Gray -quality 85 samples/moon-grey.jpg
convert "$marble" "${jpeg[@]}" -colorspace CMYK -sampling-factor 4:4:4 -quality 80 samples/marble-cmyk.jpg

# Upright after a rotation by 90 degrees clockwise, like a camera held upright; its colours look different without the profile.
python3 scripts/samples/icc.py srgb >"$work/srgb.icc"
python3 scripts/samples/icc.py p3 >"$work/p3.icc"
convert "$tarn" "${jpeg[@]}" -profile "$work/srgb.icc" -profile "$work/p3.icc" -rotate -90 -quality 85 samples/tarn-exif6-icc.jpg
exiftool -q -overwrite_original -n -Orientation=6 -Make=pixmill -Model=samples -Artist='the pixmill authors' samples/tarn-exif6-icc.jpg

png=(-strip -define png:compression-level=9 -define png:compression-filter=5 -define "png:exclude-chunks=date,time,bKGD")
convert "$dunes" -depth 8 "${png[@]}" PNG24:samples/dunes.png
convert "$wheel" -depth 8 "${png[@]}" PNG32:samples/wheel-alpha.png
convert "$mandelbrot" -depth 8 "${png[@]}" -interlace PNG PNG24:samples/mandelbrot-interlaced.png
convert "$heights" "${png[@]}" -colorspace Gray -define png:bit-depth=16 -define png:color-type=0 samples/heights-16bit.png
png+=(-define png:compression-filter=0)
convert "$julia" -depth 8 "${png[@]}" -dither None -colors 96 PNG8:samples/julia-palette.png
convert "$moon" "${png[@]}" -colorspace Gray -gamma 0.8 -dither FloydSteinberg -remap pattern:gray50 -define png:bit-depth=1 -define png:color-type=0 samples/moon-1bit.png

cwebp -quiet -q 80 -m 6 samples/wheel-alpha.png -o samples/wheel-lossy.webp
cwebp -quiet -lossless -q 100 -m 6 samples/julia-palette.png -o samples/julia-lossless.webp

du -cb samples/*.jpg samples/*.png samples/*.webp
