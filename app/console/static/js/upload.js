// One upload from file to ready picture: announce, PUT, complete, follow the job, report the times.

import { ApiError, mutate, refusalOf, watchJob } from "./api.js";
import { formatOf, sha256 } from "./files.js";
import { limiter } from "./limiter.js";
import { ADD_TO_FLOW, CREATE_FLOW, UPLOAD_COMPLETE, UPLOAD_INIT, UPLOAD_METRICS } from "./operations.js";

const CLIENT_TYPE = "console";
const MAX_TITLE_LENGTH = 255;

const transfers = limiter(3);
// Fewer than the subscriptions that the server allows on one socket.
const jobs = limiter(20);

/**
 * Upload a file into a flow and resolve with its image once it is ready; reject with an ApiError.
 *
 * `watcher` is told what happens: onTransfer(fraction), onAccepted(image), onEvent(event), onDuplicate().
 */
export function upload(file, flow, watcher) {
  return jobs(async () => {
    const sent = await transfers(() => transfer(file, flow, watcher));
    if (sent.duplicate) return sent.duplicate;
    const image = await follow(sent.jobId, watcher);
    // The picture is safe; that its times could not be told is no failure of the upload.
    await mutate(UPLOAD_METRICS, sent.metrics).catch(() => null);
    return image;
  });
}

async function transfer(file, flow, watcher) {
  watcher.onTransfer(0);
  const announcement = await announce(file, flow);
  const begunAt = performance.now();
  const { upload: target, duplicateOf } = await mutate(UPLOAD_INIT, announcement);
  if (duplicateOf) {
    await putIntoFlow(duplicateOf.id, flow);
    watcher.onDuplicate();
    return { duplicate: duplicateOf };
  }
  const transferMs = await put(target, file, watcher.onTransfer);
  const { job, image } = await mutate(UPLOAD_COMPLETE, { imageId: target.imageId, flows: [flow] });
  watcher.onAccepted(image);
  const durationMs = performance.now() - begunAt;
  return { jobId: job.id, metrics: { imageId: target.imageId, clientType: CLIENT_TYPE, durationMs, transferMs } };
}

async function announce(file, flow) {
  const format = await formatOf(file);
  if (format === null) {
    throw new ApiError("UNSUPPORTED_FORMAT", "This is no JPEG, PNG, GIF, WebP or AVIF.");
  }
  return {
    format,
    byteSize: String(file.size),
    name: file.name.slice(0, MAX_TITLE_LENGTH),
    flows: [flow],
    sha256: await sha256(file),
    clientType: CLIENT_TYPE,
  };
}

/** PUT the file as the ticket says; resolve with the milliseconds it took. Only XMLHttpRequest tells progress. */
function put({ url, method, headers }, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const begunAt = performance.now();
    request.responseType = "json";
    request.open(method, url);
    for (const { name, value } of headers) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded / (event.total || file.size));
    request.onload = () => (request.status < 300 ? resolve(performance.now() - begunAt) : reject(refusalOf(request.response, request.status)));
    request.onerror = () => reject(new ApiError("NETWORK", "The connection was lost while the file was sent."));
    request.send(file);
  });
}

async function follow(jobId, watcher) {
  let last = null;
  await watchJob(jobId, (event) => {
    last = event;
    watcher.onEvent(event);
  });
  if (last.kind === "ERROR") throw new ApiError(last.error?.code ?? "FAILED", last.error?.message ?? "The job failed.");
  return last.image;
}

async function putIntoFlow(imageId, flow) {
  const input = { flow, imageIds: [imageId] };
  try {
    await mutate(ADD_TO_FLOW, input);
  } catch (error) {
    if (error.code !== "NOT_FOUND") throw error;
    await mutate(CREATE_FLOW, { name: flow });
    await mutate(ADD_TO_FLOW, input);
  }
}
