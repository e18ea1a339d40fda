#!/usr/bin/env bash
# sharp drops a PNG's gAMA and cICP without applying them, and asked for an sRGB profile it labels the same samples as sRGB.
#
# A PNG can say what its samples mean by a profile (iCCP) or by chunks: gAMA (the samples are linear light, say) and, since 2025's third edition,
# cICP (Display P3; BT.2020 with the curve of HDR television). sharp converts by a profile, so one expects that it either converts by the chunks,
# too, or keeps them. It reads neither: a plain PNG to PNG has the same samples and no chunk any more, and keepIccProfile() keeps nothing. With
# withIccProfile('srgb'), documented as a conversion to sRGB, or withMetadata(), the samples of HDR come out unchanged with a profile that
# says sRGB: now every viewer shows them wrongly, also those that showed the original right.
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
const zlib = require('zlib');
const side = 8, colour = [200, 64, 30];

function crc32(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte;
        for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return (crc ^ 0xffffffff) >>> 0;
}
function number(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}
function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), Buffer.from(data)]);
    return Buffer.concat([number(data.length), body, number(crc32(body))]);
}
function makePng(meaning) {
    const row = [0, ...Array(side).fill(colour).flat()];
    const header = [...number(side), ...number(side), 8, 2, 0, 0, 0];
    const pixels = zlib.deflateSync(Buffer.from(Array(side).fill(row).flat()));
    const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
    return Buffer.concat([signature, chunk('IHDR', header), meaning, chunk('IDAT', pixels), chunk('IEND', [])]);
}
function coloursOf(png) {
    const found = [];
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) found.push(png.toString('latin1', at + 4, at + 8));
    return found.filter((type) => /gAMA|cICP|iCCP|sRGB/.test(type)).join(' ') || 'nothing';
}

const meanings = { 'gAMA, linear light': chunk('gAMA', number(100000)), 'cICP, BT.2020 with PQ': chunk('cICP', [9, 16, 0, 1]) };
const ways = {
    'plain': (image) => image,
    'keepIccProfile()': (image) => image.keepIccProfile(),
    "withIccProfile('srgb')": (image) => image.withIccProfile('srgb'),
    'withMetadata()': (image) => image.withMetadata(),
};
(async () => {
    console.log(`version:  sharp ${sharp.versions.sharp} with libvips ${sharp.versions.vips}`);
    console.log(`expected: ${colour} converted, or kept with the chunk that gives it its meaning`);
    let same = true;
    for (const [meaning, bytes] of Object.entries(meanings)) {
        for (const [way, ask] of Object.entries(ways)) {
            const out = await ask(sharp(makePng(bytes))).png().toBuffer();
            const samples = [...(await sharp(out).raw().toBuffer()).subarray(0, 3)], colours = coloursOf(out);
            console.log(`seen:     ${meaning}; ${way}: ${samples}, described by ${colours}`);
            same &&= String(samples) === String(colour) && colours === (/^with/.test(way) ? 'iCCP' : 'nothing');
        }
    }
    if (!same) console.log('the behaviour has changed');
    process.exitCode = same ? 0 : 1;
})();
EOF
node colours.js
