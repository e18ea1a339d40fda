// sharp's kernels, timed in one process on one thread:  node sharp-kernels.mjs SHARP REPEATS
//
// SHARP is the folder that sharp is installed in. A picture of 5120 x 2880 RGB goes from memory to memory; what is printed is
// one JSON object of milliseconds, medians, by the kernels' names.
import { createRequire } from "node:module";
import path from "node:path";

const [root, repeats] = process.argv.slice(2);
const sharp = createRequire(path.join(root, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

const width = 5120, height = 2880;
const pixels = Buffer.alloc(width * height * 3);
for (let i = 0, state = 1; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[i] = state >>> 24;
}
const recipes = {
    "resize to 800 x 450": (image) => image.resize(800, 450, { kernel: "lanczos3", fit: "fill" }),
    "resize to 800 x 450, linear light": (image) =>
        image.pipelineColourspace("scrgb").resize(800, 450, { kernel: "lanczos3", fit: "fill" }).toColourspace("srgb"),
    // Nearly the same by a power of 2.2, in 8 bits: gamma() puts its inverse behind the resize.
    "resize to 800 x 450, gamma": (image) => image.gamma().resize(800, 450, { kernel: "lanczos3", fit: "fill" }),
    ...Object.fromEntries([1, 2, 5, 20].map((sigma) => [`blur, sigma ${sigma}`, (image) => image.blur(sigma)])),
};

// The same edits as tests/kernels/edits.c makes; to trim, noise in the middle half of one colour.
const framed = Buffer.alloc(pixels.length, 200);
for (let y = height / 4; y < height * 3 / 4; y++)
    pixels.copy(framed, (y * width + width / 4) * 3, (y * width + width / 4) * 3, (y * width + width * 3 / 4) * 3);
const mark = await sharp(pixels, { raw: { width, height, channels: 3 } }).extract({ left: 0, top: 0, width: 320, height: 180 })
    .ensureAlpha(0.5).png().toBuffer();
Object.assign(recipes, {
    "pad to 800 x 800": (image) => image.resize(800, 800, { kernel: "lanczos3", fit: "contain", background: "teal" }),
    "trim half of it": (image) => image.trim({ threshold: 10, lineArt: true }),
    "rotate by 10 degrees": (image) => image.rotate(10, { background: "teal" }),
    "modulate": (image) => image.modulate({ brightness: 1.1, saturation: 1.3, hue: 20 }),
    ...Object.fromEntries([3, 5, 9].map((side) => [`median, ${side} x ${side}`, (image) => image.median(side)])),
    "watermark, tiled": (image) => image.composite([{ input: mark, tile: true }]).removeAlpha(),
});

const medians = {};
for (const [name, recipe] of Object.entries(recipes)) {
    const input = name.startsWith("trim") ? framed : pixels;
    const times = [];
    for (let i = 0; i <= Number(repeats); i++) {
        const start = process.hrtime.bigint();
        await recipe(sharp(input, { raw: { width, height, channels: 3 } })).raw().toBuffer();
        if (i > 0) times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    medians[name] = times.sort((a, b) => a - b)[times.length >> 1];
}
console.log(JSON.stringify(medians));
