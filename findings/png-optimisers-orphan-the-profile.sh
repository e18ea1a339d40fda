#!/usr/bin/env bash
# "Lossless" PNG optimisers leave a colour profile in the file that every libpng reader then drops.
#
# An RGB image in which red, green and blue are equal everywhere is stored smaller as greyscale. optipng and zopflipng (asked to keep
# the profile) do so and copy the iCCP chunk unchanged. But that profile is for RGB data, and libpng accepts only a grey profile in a
# greyscale PNG: it warns and ignores the chunk. The samples are the same and the profile is still
# in the file, yet the picture is shown in other tones: here the profile has a gamma of 1.0 (linear light).
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

command -v npm >/dev/null || { echo "cannot be tried here: npm is missing"; exit 2; }
unpack optipng=0.7.7-2+b1 zopfli=1.0.3-1
cd "$work"
npm install --silent --no-audit --no-fund --cache "$work/npm" --prefix "$work" sharp@0.35.5 >npm.log 2>&1 ||
    { echo "cannot be tried here: npm failed"; exit 2; }

# make: a 16 x 16 RGB image of 128,128,128 and greys around it, with a profile of the sRGB primaries and linear tone curves.
# show FILE: what libpng, by way of libvips, finds in it, and its first pixel converted to sRGB.
cat >png.js <<'EOF'
const sharp = require('sharp'), fs = require('fs'), zlib = require('zlib');
const fixed = v => { const b = Buffer.alloc(4); b.writeInt32BE(Math.round(v * 65536)); return b; };
const tag = (type, ...rest) => Buffer.concat([Buffer.from(type), Buffer.alloc(4), ...rest]);
const xyz = (...v) => tag('XYZ ', ...v.map(fixed));
const linear = tag('curv', Buffer.alloc(4));
const name = Buffer.from('Linear\0'), length = Buffer.alloc(4);
length.writeUInt32BE(name.length);
const tags = {
    desc: tag('desc', length, name, Buffer.alloc(78)), cprt: tag('text', Buffer.from('none\0')), wtpt: xyz(0.9642, 1, 0.8249),
    rXYZ: xyz(0.4361, 0.2225, 0.0139), gXYZ: xyz(0.3851, 0.7169, 0.0971), bXYZ: xyz(0.1431, 0.0606, 0.7141),
    rTRC: linear, gTRC: linear, bTRC: linear,
};
function profile() {
    const count = Object.keys(tags).length, head = Buffer.alloc(128 + 4 + 12 * count), body = [];
    let at = head.length, row = 132;
    head.writeUInt32BE(0x02400000, 8);
    head.write('mntrRGB XYZ ', 12);
    for (const [i, v] of [2026, 1, 1, 0, 0, 0].entries()) head.writeUInt16BE(v, 24 + 2 * i);
    head.write('acsp', 36);
    Buffer.concat([0.9642, 1, 0.8249].map(fixed)).copy(head, 68);
    head.writeUInt32BE(count, 128);
    for (const [sign, data] of Object.entries(tags)) {
        const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
        head.write(sign, row);
        head.writeUInt32BE(at, row + 4);
        head.writeUInt32BE(data.length, row + 8);
        at += padded.length, row += 12;
        body.push(padded);
    }
    head.writeUInt32BE(at, 0);
    return Buffer.concat([head, ...body]);
}
function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), data]), b = Buffer.alloc(8);
    let crc = ~0;
    for (const byte of body) {
        crc ^= byte;
        for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    b.writeUInt32BE(data.length, 0);
    b.writeInt32BE(~crc, 4);
    return Buffer.concat([b.subarray(0, 4), body, b.subarray(4)]);
}
function make(file) {
    const head = Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, 8, 2, 0, 0, 0]), rows = Buffer.alloc(16 * 49);
    for (let i = 0; i < 256; i++) rows.fill((128 + i) & 255, (i >> 4) * 49 + 1 + 3 * (i & 15), (i >> 4) * 49 + 4 + 3 * (i & 15));
    const iccp = Buffer.concat([Buffer.from('linear\0\0'), zlib.deflateSync(profile())]);
    fs.writeFileSync(file, Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('iCCP', iccp),
        chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]));
}
async function show(file) {
    const { channels, icc } = await sharp(file).metadata(), pixel = await sharp(file).toColourspace('srgb').raw().toBuffer();
    const name = fs.readFileSync(file).includes('iCCP') ? 'iCCP in the file' : 'no iCCP in the file';
    console.log(`channels ${channels}, ${name}, ${icc ? 'profile read' : 'profile dropped'}, first pixel in sRGB ${pixel[0]}`);
}
process.argv[2] === 'make' ? make(process.argv[3]) : show(process.argv[3]);
EOF
node png.js make in.png
run optipng -quiet -out optipng.png in.png
run zopflipng -y --keepchunks=iCCP in.png zopflipng.png >/dev/null
before=$(node png.js show in.png)
echo "version:  sharp 0.35.5 with libpng $(node -p 'require("sharp").versions.png')"
echo "input:    $before"
echo "expected: a result of a lossless optimiser that was to keep the profile looks the same: first pixel in sRGB 188"
changed=0
for by in optipng zopflipng; do
    after=$(node png.js show $by.png)
    echo "seen:     $after ($by)"
    [[ $after = 'channels 1, iCCP in the file, profile dropped, first pixel in sRGB 128' ]] || changed=1
done
[[ $before = 'channels 3, iCCP in the file, profile read, first pixel in sRGB 188' && $changed = 0 ]] || { echo "the behaviour has changed"; exit 1; }
