#!/usr/bin/env bash
# sharp's rotate moves the picture by up to 1.3 pixels from the middle of its canvas for angles that are no multiple of 90.
#
# A rotated picture is expected in the middle of the enlarged canvas: its centre was the centre of rotation. For multiples of 90 sharp
# rearranges pixels and it is. For other angles it uses libvips' affine transform about the corner of the first pixel with a canvas cut
# at whole pixels, and the centre ends up to the right of or below the middle, most near 180 degrees: rotating by 179.9 and by 180
# gives pictures a pixel apart in both directions. Who rotates by small steps (to level horizons, or frames of an animation) sees a jump.
# The centre of gravity of a soft dot in the middle of an odd-sized picture shows it; interpolation alone does not move it.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >rotate.js <<'EOF'
const sharp = require('sharp');
const side = 101, middle = (side - 1) / 2, dot = Buffer.alloc(side * side);
for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) dot[y * side + x] = Math.round(250 * Math.exp(-((x - middle) ** 2 + (y - middle) ** 2) / 32));

// How far the dot's centre of gravity is from the middle of the canvas, in pixels, to the right and down.
async function offset(angle) {
    const rotated = sharp(dot, { raw: { width: side, height: side, channels: 1 } }).rotate(angle).toColourspace('b-w');
    const { data, info } = await rotated.raw().toBuffer({ resolveWithObject: true });
    let sum = 0, right = 0, down = 0;
    for (let y = 0; y < info.height; y++)
        for (let x = 0; x < info.width; x++) {
            const value = data[(y * info.width + x) * info.channels];
            sum += value;
            right += value * (x - (info.width - 1) / 2);
            down += value * (y - (info.height - 1) / 2);
        }
    return [right / sum, down / sum];
}

(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log('expected: the centre stays in the middle of the canvas (0.0 0.0)');
    const seen = {};
    for (const angle of [90, 120, 179.9, 180, 225, 270]) {
        seen[angle] = await offset(angle);
        console.log(`seen:     rotated by ${angle}: ${seen[angle].map((value) => value.toFixed(1)).join(' ')}`);
    }
    const still = [90, 180, 270].every((angle) => Math.hypot(...seen[angle]) < 0.05);
    const moved = [120, 179.9, 225].every((angle) => Math.hypot(...seen[angle]) > 1);
    if (still && moved) return;
    console.log('the behaviour has changed');
    process.exitCode = 1;
})();
EOF
node rotate.js
