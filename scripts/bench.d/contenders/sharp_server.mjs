// Sharp behind Node's HTTP: GET /<path of a file>?format=<jpeg|png|webp|avif> answers it within 512 x 512 px.
// Run as `node sharp_server.mjs`, with SHARP_HOME at the folder that holds node_modules; prints its port.

import { createServer } from "node:http";
import { createRequire } from "node:module";

const sharp = createRequire(`${process.env.SHARP_HOME}/`)("sharp");
sharp.cache(false);

// What ours takes, too; for the rest each has its own defaults.
const quality = { jpeg: { quality: 80 }, png: {}, webp: { quality: 80 }, avif: { quality: 60 } };

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const format = searchParams.get("format");
  const data = await sharp(decodeURIComponent(pathname))
    .rotate()
    .resize(512, 512, { fit: "inside", withoutEnlargement: true })
    .toFormat(format, quality[format])
    .toBuffer();
  response.writeHead(200, { "Content-Type": `image/${format}`, "Content-Length": data.length }).end(data);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
