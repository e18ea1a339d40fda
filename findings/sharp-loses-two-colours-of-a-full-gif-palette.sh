#!/usr/bin/env bash
# sharp, which reuses a GIF's palette by default, loses two colours of it when the palette is full: pixels change that nobody touched.
#
# A GIF holds up to 256 colours without loss. "reuse" is sharp's default for writing one GIF as another and says that the input's palette is
# kept, so one expects that a GIF written back without any other work and without dithering has the pixels that it had. So it is as long as
# the palette has entries to spare. But an entry for transparent pixels is always added, also where no pixel is transparent, and from a palette of 256
# entries the first two disappear, used or not: their pixels get other colours. With reuse off, palettes are made anew, and only a picture that
# really has 256 colours loses one. Full palettes are what most encoders write for anything like a photograph.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }
cat >colours.js <<'EOF'
const sharp = require('sharp');
const side = 64, pixels = side * side;

// A GIF with 256 different entries in its palette, of which the first `count` are used, each in a run of pixels. Its codes have 9 bits: the
// table is cleared before it would need more.
function makeGif(count) {
    const codes = [], bytes = [];
    for (let i = 0; i < pixels; i++) {
        if (i % 250 === 0) codes.push(256);
        codes.push(Math.floor((i * count) / pixels));
    }
    codes.push(257);
    let bits = 0n, used = 0n;
    for (const code of codes) {
        bits |= BigInt(code) << used;
        used += 9n;
        for (; used >= 8n; used -= 8n, bits >>= 8n) bytes.push(Number(bits & 255n));
    }
    if (used > 0n) bytes.push(Number(bits));
    const blocks = [];
    for (let i = 0; i < bytes.length; i += 255) {
        const part = bytes.slice(i, i + 255);
        blocks.push(part.length, ...part);
    }
    const palette = [];
    for (let i = 0; i < 256; i++) palette.push(i, (i * 37) % 256, (i * 101) % 256);
    const size = [side, 0, side, 0];
    return Buffer.from([...Buffer.from('GIF89a'), ...size, 0xf7, 0, 0, ...palette, 0x2c, 0, 0, 0, 0, ...size, 0, 8, ...blocks, 0, 0x3b]);
}

const rgb = (data) => sharp(data).removeAlpha().raw().toBuffer();
async function changed(count, reuse) {
    const gif = makeGif(count), before = await rgb(gif);
    const after = await rgb(await sharp(gif).gif({ reuse, dither: 0, effort: 10 }).toBuffer());
    let differ = 0;
    for (let i = 0; i < pixels; i++) differ += before.compare(after, 3 * i, 3 * i + 3, 3 * i, 3 * i + 3) !== 0;
    return differ;
}

(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log(`expected: of a GIF's ${pixels} pixels, none changes when it is written back without any other work`);
    let same = true;
    for (const [count, reuse, expected] of [[2, true, pixels], [16, true, 512], [16, false, 0], [255, false, 0], [256, true, 64], [256, false, 32]]) {
        const seen = await changed(count, reuse);
        console.log(`seen:     ${seen} change: palette of 256 entries, the first ${count} used, reuse ${reuse}`);
        same &&= expected === 0 ? seen === 0 : seen > 0;
    }
    if (!same) console.log('the behaviour has changed');
    process.exitCode = same ? 0 : 1;
})();
EOF
node colours.js
