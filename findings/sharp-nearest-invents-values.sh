#!/usr/bin/env bash
# sharp with kernel 'nearest' returns values that are not in the picture if the file is a WebP, even a lossless one.
#
# Nearest neighbour only picks pixels, which is why it is used for label maps, masks and palette art, and a lossless WebP holds them
# exactly. But sharp lets libvips shrink a WebP (and a JPEG) while it is decoded whenever the result is much smaller, and this averages
# pixels before the kernel picks any; the choice of the kernel does not switch it off. The documentation of kernel points to
# fastShrinkOnLoad, which is said to risk "a slight moire pattern". From a PNG or TIFF of the same pixels only values of the picture come.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >nearest.js <<'EOF'
const sharp = require('sharp');
const side = 64, labels = [0, 80, 200], pixels = Buffer.alloc(side * side * 3);
for (let i = 0; i < side * side; i++) pixels.fill(labels[(5 * (i % side) + 7 * Math.floor(i / side)) % 3], 3 * i, 3 * i + 3);

// The different samples, as text.
const values = async (image) => [...new Set(await image.raw().toBuffer())].sort((a, b) => a - b).join(' ');

(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips} and libwebp ${sharp.versions.webp}`);
    console.log('expected: only the labels 0, 80 and 200');
    const seen = [];
    for (const [format, options] of [['png', {}], ['tiff', { compression: 'lzw' }], ['webp', { lossless: true }]]) {
        const file = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).toFormat(format, options).toBuffer();
        for (const more of format === 'webp' ? [{}, { fastShrinkOnLoad: false }] : [{}]) {
            const small = await values(sharp(file).resize(16, 16, { kernel: 'nearest', ...more }));
            seen.push(small.split(' ').every((value) => labels.includes(Number(value))));
            const how = more.fastShrinkOnLoad === false ? ' with fastShrinkOnLoad: false' : '';
            console.log(`seen:     ${format} as decoded: ${await values(sharp(file))}; at 16 x 16${how}: ${small}`);
        }
    }
    if (seen.join() === 'true,true,false,true') return;
    console.log('the behaviour has changed');
    process.exitCode = 1;
})();
EOF
node nearest.js
