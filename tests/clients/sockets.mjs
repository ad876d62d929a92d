// Connections that every client shares: graphql-ws and graphql-sse, signed in, and a way to take a few events.

import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

export const { url, key, flow, images, job } = JSON.parse(process.argv[2]);
export const headers = { 'GF-Api-Key': key };
export const endpoint = `${url}/graphql`;

export const openSocket = () =>
  createSocketClient({
    url: endpoint.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
  });

// Each subscription has a request of its own: the "distinct connections mode".
export const openStreams = () => createSseClient({ url: endpoint, headers, singleConnection: false, retryAttempts: 0 });

// Takes the first `count` events of an observable, or all of them when it ends before; `meanwhile` runs after the first.
export const take = (observable, count, meanwhile = async () => {}) =>
  new Promise((resolve, reject) => {
    const events = [];
    let subscription;
    const finish = () => {
      subscription?.unsubscribe();
      resolve(events);
    };
    subscription = observable.subscribe({
      next(event) {
        events.push(event);
        if (events.length === 1) meanwhile().catch(reject);
        if (events.length === count) setTimeout(finish);
      },
      error: reject,
      complete: finish,
    });
  });

export const say = (facts) => {
  console.log(JSON.stringify(facts));
  process.exit(0);
};
