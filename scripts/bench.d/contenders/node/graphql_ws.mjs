// graphql-ws of npm: one log of events for all listeners, `node graphql_ws.mjs EVENTS_PER_SECOND`; prints its port.

import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

const schema = buildSchema(`
  type Progress { total: Int! done: Int! failed: Int! }
  type Job { id: ID! progress: Progress! }
  type JobEvent { cursor: String! at: String! step: String! kind: String! job: Job! }
  type Query { version: String }
  type Subscription { jobStatus(jobId: ID!): JobEvent! }`);

const waiting = new Set();
let number = 0;
setInterval(() => {
  number += 1;
  const event = {
    cursor: String(number),
    at: new Date().toISOString(),
    step: 'TRANSFORM',
    kind: 'OK',
    job: { id: 'job:bench', progress: { total: 1000, done: number, failed: 0 } },
  };
  for (const resolve of [...waiting]) {
    waiting.delete(resolve);
    resolve(event);
  }
}, 1000 / Number(process.argv[2]));

async function* follow() {
  for (;;) yield { jobStatus: await new Promise((resolve) => waiting.add(resolve)) };
}

const server = createServer();
useServer({ schema, roots: { subscription: { jobStatus: follow } } }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
