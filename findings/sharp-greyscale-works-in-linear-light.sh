#!/usr/bin/env bash
# sharp's greyscale() already weighs the channels in linear light, and gamma(), which its documentation recommends with it, does it twice.
#
# The documentation says that greyscale "is a linear operation" and that for an sRGB picture gamma() should be used with it. So one expects
# a weighted sum of the stored values without gamma(): pure blue becomes 18 (weights of BT.709) or 29 (BT.601, what libjpeg and most
# programs use). But libvips converts through linear light and back by the sRGB curve: blue becomes 76, as exact colorimetry
# wants. Who follows the advice gets 147: a saturated blue is then lighter than a mid grey, which itself is changed.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >grey.js <<'EOF'
const sharp = require('sharp');
const colours = { blue: [0, 0, 255], red: [255, 0, 0], green: [0, 255, 0], grey: [128, 128, 128] };
const flat = (colour) => sharp(Buffer.from(Array(64).fill(colour).flat()), { raw: { width: 8, height: 8, channels: 3 } });
const sample = async (image) => (await image.raw().toBuffer())[0];

// Luminance of BT.709 primaries in linear light, by the curve of sRGB.
function luminance(colour) {
    const [r, g, b] = colour.map((v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return 255 * (y <= 0.0031308 ? 12.92 * y : 1.055 * y ** (1 / 2.4) - 0.055);
}

(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log('expected: greyscale() sums stored values (blue 18 or 29); with gamma() it is near the luminance in linear light');
    let same = true;
    for (const [name, colour] of Object.entries(colours)) {
        const alone = await sample(flat(colour).greyscale()), advised = await sample(flat(colour).gamma().greyscale());
        const exact = luminance(colour);
        console.log(`seen:     ${name}: greyscale() ${alone}, gamma().greyscale() ${advised}; in linear light ${exact.toFixed(1)}`);
        same &&= Math.abs(alone - exact) <= 1.5 && (name === 'grey' ? advised !== 128 : advised - exact > 15);
    }
    if (!same) console.log('the behaviour has changed');
    process.exitCode = same ? 0 : 1;
})();
EOF
node grey.js
