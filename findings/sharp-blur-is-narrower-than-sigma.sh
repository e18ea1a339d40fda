#!/usr/bin/env bash
# A Gaussian blur by sharp (libvips) with a sigma of 0.5 does nothing, and every other sigma blurs less than it says.
#
# libvips cuts the Gaussian's kernel off where it has fallen to 20 % of its peak (min_ampl in libvips, minAmplitude in sharp).
# With a sigma up to 0.55 the first neighbour is already below 20 %, so the kernel is a single 1 and the image is returned unchanged.
# With larger ones the missing tails make the blur narrower. The standard deviation is measured on an edge: the differences of
# neighbouring samples across a blurred step are the kernel itself.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >blur.js <<'EOF'
const sharp = require('sharp');
const width = 201, height = 101, step = Buffer.alloc(width * height);
for (let i = 0; i < step.length; i++) step[i] = i % width < 100 ? 0 : 255;
async function deviation(sigma) {
    const out = await sharp(step, { raw: { width, height, channels: 1 } }).toColourspace('b-w').blur(sigma).raw().toBuffer();
    const row = out.subarray(50 * width, 51 * width);
    let sum = 0, mean = 0, square = 0;
    for (let x = 0; x + 1 < width; x++) {
        const weight = row[x + 1] - row[x];
        sum += weight, mean += weight * x, square += weight * x * x;
    }
    return Math.sqrt(square / sum - (mean / sum) ** 2);
}
(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log('expected: a standard deviation near sigma, as ImageMagick and GraphicsMagick give');
    let same = true;
    for (const [sigma, min, max] of [[0.5, 0, 0], [1, 0.7, 0.8], [2, 1.5, 1.7], [8, 6.4, 6.9]]) {
        const measured = await deviation(sigma);
        same &&= measured >= min && measured <= max;
        console.log(`seen:     blur(${sigma}) has ${measured.toFixed(2)}${measured ? '' : ': every sample is as it was'}`);
    }
    if (!same) console.log('the behaviour has changed');
    process.exitCode = same ? 0 : 1;
})();
EOF
node blur.js
