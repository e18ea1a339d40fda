#!/usr/bin/env bash
# sharp's tint() of a picture with one channel gives grey: the tint is lost without a word.
#
# tint() keeps the lightness of a picture and takes the hue from a colour, as for sepia, so a grey picture is the case it is made for.
# From a grey picture that is stored as RGB it gives the colour. But from the same picture stored with one channel, as black and white
# photographs and scans are, the result is grey again: the last step returns to the colour space of the input, and that has no
# colours. A batch of photographs comes out half tinted, depending on how each was stored.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >tint.js <<'EOF'
const sharp = require('sharp');
const side = 16, grey = Buffer.alloc(side * side, 128), rgb = Buffer.alloc(3 * side * side, 128);

// The samples of the first pixel, red, green and blue.
const pixel = async (pixels, channels) => {
    const png = await sharp(pixels, { raw: { width: side, height: side, channels } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb').png().toBuffer();
    const { data, info } = await sharp(png).tint({ r: 255, g: 160, b: 60 }).raw().toBuffer({ resolveWithObject: true });
    return info.channels < 3 ? [data[0], data[0], data[0]] : [...data.subarray(0, 3)];
};

(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log('expected: the same colour from grey of 128 with one channel and with three');
    const one = await pixel(grey, 1), three = await pixel(rgb, 3);
    console.log(`seen:     one channel ${one}, three channels ${three}`);
    const coloured = ([r, , b]) => Math.abs(r - b) > 20;
    if (coloured(one) || !coloured(three)) {
        console.log('the behaviour has changed');
        process.exitCode = 1;
    }
})();
EOF
node tint.js
