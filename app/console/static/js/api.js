// GraphQL to this server: one request over HTTP, one job's events over a WebSocket.

import { JOB_STATUS } from "./operations.js";

const ENDPOINT = "/graphql";
const MAX_RETRY_WAIT_MS = 10_000;

/** A failure with a stable code and a message that people can be shown. */
export class ApiError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export async function query(document, variables = {}) {
  const response = await send({ query: document, variables });
  const answer = await response.json().catch(() => null);
  if (answer?.errors?.length) throw toApiError(answer.errors);
  if (!answer?.data) throw refusalOf(answer, response.status);
  return answer.data;
}

/** Run a mutation of one field; an expected failure, which comes as data, is thrown. */
export async function mutate(document, input) {
  const [payload] = Object.values(await query(document, { input }));
  const [error] = payload.userErrors;
  if (error) throw new ApiError(error.code, error.message);
  return payload;
}

/** Call `onEvent` for each event of the job, from the first to the last, each once, also across lost connections. */
export async function watchJob(jobId, onEvent) {
  const variables = { jobId, after: null };
  for (let ended = false; !ended; ) {
    await followEvents(variables, (event) => {
      onEvent(event);
      ended = event.kind !== "OK" && event.step !== "RETRY";
    });
    // A server that is about to restart ends its streams early.
    if (!ended) await pause(500);
  }
}

function followEvents(variables, onEvent) {
  return new Promise((resolve, reject) => {
    socket().subscribe(
      { query: JOB_STATUS, variables },
      {
        next({ data, errors }) {
          if (errors?.length) return reject(toApiError(errors));
          // The client sends this very object again when it reconnects, so the stream goes on after what has been seen.
          variables.after = data.jobStatus.cursor;
          onEvent(data.jobStatus);
        },
        error: (problem) => reject(Array.isArray(problem) ? toApiError(problem) : unreachable()),
        complete: resolve,
      },
    );
  });
}

let client = null;

function socket() {
  client ??= globalThis.graphqlWs.createClient({
    url: socketUrl(),
    keepAlive: 20_000,
    lazyCloseTimeout: 3_000,
    retryAttempts: 12,
    // By itself the client gives up at once on a server that is not there, say while it is restarted.
    shouldRetry: () => true,
    retryWait: (retries) => pause(Math.min(MAX_RETRY_WAIT_MS, 250 * 2 ** retries) * (0.5 + Math.random() / 2)),
  });
  return client;
}

/** Let go of the socket, which is its opener's: the next one is opened by whoever is signed in then. */
export function closeSocket() {
  client?.dispose();
  client = null;
}

export function socketUrl() {
  const url = new URL(ENDPOINT, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

async function send(body) {
  try {
    return await fetch(ENDPOINT, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json;q=0.9",
        "Content-Type": "application/json",
      },
      body: JSON.stringify(body),
    });
  } catch {
    throw unreachable();
  }
}

/** What went wrong, by the plain-HTTP answer `{"error": {"code", "message"}}`, or else by its status alone. */
export function refusalOf(answer, status) {
  const { code, message } = answer?.error ?? {};
  return new ApiError(code ?? `HTTP_${status}`, message ?? `The server answered with status ${status}.`);
}

function toApiError([error]) {
  return new ApiError(error.extensions?.code ?? "REQUEST_FAILED", error.message);
}

function unreachable() {
  return new ApiError("NETWORK", "The server cannot be reached.");
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
