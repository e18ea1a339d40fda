// An http server over sharp, as scripts/bench-serve.sh measures it:  node serve-peer.mjs SHARP FOLDER PORT
//
// SHARP is the folder that sharp is installed in. Whatever is asked for below FOLDER is fitted into 800 x 600 and sent as a
// JPEG. A call has one thread, and UV_THREADPOOL_SIZE says how many run at once: libvips' own threads would compete with them.
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const [root, folder, port] = process.argv.slice(2);
const sharp = createRequire(path.join(root, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

http.createServer(async (request, response) => {
    try {
        const file = path.join(folder, path.normalize(decodeURIComponent(request.url)));
        const image = sharp(file).resize({ width: 800, height: 600, fit: "inside" });
        const bytes = await image.flatten({ background: "#ffffff" }).jpeg({ quality: 80 }).toBuffer();
        response.writeHead(200, { "Content-Type": "image/jpeg", "Content-Length": bytes.length });
        response.end(bytes);
    } catch (error) {
        response.writeHead(500).end(String(error));
    }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
