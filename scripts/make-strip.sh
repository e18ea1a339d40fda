#!/usr/bin/env bash
# Makes samples/strip.jpg, the picture that opens the README: one sample unchanged, resized and blurred, encrypted, and decrypted; each
# panel is a real result of pixmill. Needs Debian's imagemagick, only to combine them.
set -euo pipefail
cd "$(dirname "$0")/.."
pixmill=${PIXMILL:-build/pixmill}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

head -c 32 /dev/urandom >"$work/key"
panel() {
    "$pixmill" run --quiet "${@:3}" "$1" -o "$work/$2"
}
panel samples/lake.jpg small --resize=270x180 --format=png
panel samples/lake.jpg blurred --resize=270x180 --blur=2.5 --format=png
panel "$work/blurred/lake.png" safe --encrypt --key-file="$work/key"
panel "$work/safe/lake.png" back --decrypt --key-file="$work/key"
cmp "$work/blurred/lake.png" "$work/back/lake.png"

convert "$work"/{small,blurred,safe,back}/lake.png -strip -bordercolor white -border 3x0 +append -shave 3x0 -sampling-factor 4:2:0 -quality 82 samples/strip.jpg
