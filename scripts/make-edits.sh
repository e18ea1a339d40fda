#!/usr/bin/env bash
# Makes samples/edits.jpg, the contact sheet of edits in the README: each panel is a real result of pixmill, with its option below it.
# Needs Debian's imagemagick, only to combine them.
set -euo pipefail
cd "$(dirname "$0")/.."
pixmill=$(realpath "${PIXMILL:-build/pixmill}")
samples=$PWD/samples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp samples/wheel-alpha.png "$work/logo.png"
panels=()
# panel SAMPLE RESIZE [OPTION]: the sample, resized, with the option.
panel() {
    local number=${#panels[@]} sample=$1
    shift
    (cd "$work" && "$pixmill" run --quiet "$samples/$sample" -o "$number" "$@" --format=png)
    convert "$work/$number"/* -background '#f4f4f4' -alpha remove -resize '176x120>' -gravity center -extent 184x128 \
        -gravity south -background white -fill '#222222' -font DejaVu-Sans -pointsize 10 -splice 0x18 -annotate +0+3 "${2:-the sample}" \
        "$work/panel-$number.png"
    panels+=("$work/panel-$number.png")
}

small=--resize=176x120
panel lake.jpg $small
panel lake.jpg $small --brightness=1.25
panel lake.jpg $small --contrast=1.5
panel lake.jpg $small --saturation=1.8
panel lake.jpg $small --hue=120
panel lake.jpg $small --gamma=1.6
panel lake.jpg $small --normalize
panel lake.jpg $small --negate
panel lake.jpg $small --tint=teal
panel lake.jpg $small --threshold=110
panel spheres-444.jpg $small --rotate=12,color=white
panel wheel-alpha.png $small --rotate=-20
panel spheres-444.jpg $small --median=5
panel spheres-444.jpg $small --pixelate=8
panel spheres-444.jpg $small --pixelate=8,region=60x60+58+30
panel spheres-444.jpg $small --blur=6,region=60x60+58+30
panel spheres-444.jpg $small --crop=80x80,gravity=smart
panel spheres-444.jpg $small --crop=80x80,focus=30,50
panel moon-grey.jpg $small --pad=176x120,color=navy
panel lake.jpg $small --watermark=logo.png,scale=30
montage "${panels[@]}" -tile 5x -geometry +2+2 -background white "$work/sheet.png"
convert "$work/sheet.png" -strip -sampling-factor 4:2:0 -quality 82 samples/edits.jpg
