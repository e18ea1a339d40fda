// One run of sharp, as scripts/bench-peers.sh measures it:  node sharp-peer.mjs SHARP FOLDER OUT CALLS KIND [SIZE]
//
// SHARP is the folder that sharp is installed in. FOLDER may also be one file. As many calls are in flight as CALLS, one thread each: libvips' own threads
// would only compete with them.
import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const [root, folder, out, calls, kind, size] = process.argv.slice(2);
const sharp = createRequire(path.join(root, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

const fit = { width: Number(size), height: Number(size), fit: "inside" };
const recipes = {
    jpeg: (image) => image.resize(fit).flatten({ background: "#ffffff" }).jpeg({ quality: 80 }),
    png: (image) => image.resize(fit).png(),
    webp: (image) => image.resize(fit).webp({ quality: 80 }),
    corpus: (image) => image.webp({ quality: 95 }), // what works on WebP are given
    width: (image) => image.resize({ width: Number(size) }).png(),
    avif420: (image) => image.avif({ quality: 95, effort: 2, chromaSubsampling: "4:2:0" }),
    avif444: (image) => image.avif({ quality: 95, effort: 2, chromaSubsampling: "4:4:4" }),
    "tiff-lzw": (image) => image.tiff({ compression: "lzw", predictor: "horizontal" }),
    "tiff-jpeg": (image) => image.tiff({ compression: "jpeg", quality: 95 }),
    "tiff-pyramid": (image) => image.tiff({ compression: "deflate", predictor: "horizontal", tile: true, pyramid: true }),
    avif: (image) => image.avif(),
    animated: (image) => image.resize(fit).webp({ quality: 80 }),
    blur: (image) => image.blur(5).jpeg({ quality: 80 }),
};

// Each result of one decoding, by clone().
async function several(from, stem) {
    const image = sharp(from);
    const results = size.split(",").flatMap((width) => {
        const resized = () => image.clone().resize({ width: Number(width), withoutEnlargement: true });
        return [
            resized().jpeg({ quality: 80 }).toFile(`${stem}-${width}w.jpg`),
            resized().webp({ quality: 80 }).toFile(`${stem}-${width}w.webp`),
        ];
    });
    await Promise.all(results);
}

const suffix =
    { png: ".png", width: ".png", webp: ".webp", corpus: ".webp", animated: ".webp" }[kind] ??
    (kind.startsWith("avif") ? ".avif" : kind.startsWith("tiff") ? ".tif" : ".jpg");
const names = (await stat(folder)).isFile() ? [""] : await readdir(folder);

async function worker() {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
        const from = path.join(folder, name), stem = path.join(out, path.parse(name || folder).name);
        if (kind === "several") await several(from, stem);
        else await recipes[kind](sharp(from, { animated: kind === "animated" })).toFile(stem + suffix);
    }
}
await Promise.all(Array.from({ length: Number(calls) }, worker));
