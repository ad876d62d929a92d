// Sharp's cascade and three sharp pipelines, as processes that take orders like those of pillow.py.
// Run as `node sharp.mjs cascade|three JPEG|WEBP`, with SHARP_HOME at the folder that holds node_modules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const sharp = createRequire(`${process.env.SHARP_HOME}/`)("sharp");
sharp.concurrency(1);
sharp.cache(false);

const format = process.argv[3].toLowerCase();
const encode = (pipeline) => pipeline.toFormat(format, { quality: 80 }).toBuffer();
const inside = (bound) => [bound, bound, { fit: "inside", withoutEnlargement: true }];

function raw(pipeline) {
  return pipeline.raw().toBuffer({ resolveWithObject: true });
}

function reopen({ data, info: { width, height, channels } }) {
  return sharp(data, { raw: { width, height, channels } });
}

async function cascade(path) {
  const large = await raw(sharp(path).rotate().resize(...inside(800)));
  const medium = await raw(reopen(large).resize(...inside(400)));
  const small = reopen(medium).resize(...inside(150));
  return [
    await encode(reopen(large)),
    await encode(reopen(medium)),
    await encode(small),
  ];
}

async function three(path) {
  const thumbnail = (bound) => encode(sharp(path).rotate().resize(...inside(bound)));
  return [await thumbnail(800), await thumbnail(400), await thumbnail(150)];
}

function memory(field) {
  return Number(readFileSync("/proc/self/status", "ascii").match(new RegExp(`${field}:\\s+(\\d+)`))[1]);
}

const run = { cascade, three }[process.argv[2]];
const idle = memory("VmRSS");
for await (const line of createInterface({ input: process.stdin })) {
  const [, path, count] = line.match(/^(.*) (\d+)$/);
  const seconds = [];
  for (let done = 0; done < Number(count); done++) {
    const start = process.cpuUsage();
    await run(path);
    const { user, system } = process.cpuUsage(start);
    seconds.push((user + system) / 1e6);
  }
  console.log(JSON.stringify({ seconds, kib: memory("VmHWM") - idle }));
}
