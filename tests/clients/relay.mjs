// Relay's runtime with what its compiler made: documents go by their hash alone, as the server takes no others.

import { createRequire } from 'node:module';
import { endpoint, flow, headers, images, job, openSocket, openStreams, say, take } from './sockets.mjs';

const require = createRequire(import.meta.url);
const relay = require('relay-runtime');
const artifact = (name) => require(`./relay/__generated__/gallery${name}.graphql.js`);

const ask = async ({ id, name }, variables) => {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ documentId: `sha256:${id}`, operationName: name, variables }),
  });
  return answer.json();
};
const connect = (live) =>
  new relay.Environment({
    network: relay.Network.create(ask, ({ id, name }, variables) =>
      relay.Observable.create((sink) =>
        live.subscribe({ documentId: `sha256:${id}`, query: '', operationName: name, variables }, sink),
      ),
    ),
    store: new relay.Store(new relay.RecordSource()),
  });

const environment = connect(openSocket());
const gallery = artifact('Query');
const fetchPage = (after) => relay.fetchQuery(environment, gallery, { flow, first: 2, after }).toPromise();
const readPages = () => {
  const operation = relay.createOperationDescriptor(relay.getRequest(gallery), { flow, first: 2 });
  return environment.lookup(operation.fragment).data.images;
};
const first = await fetchPage();
const firstPage = readPages();
await fetchPage(firstPage.pageInfo.endCursor);
const merged = readPages();

const refetched = await relay.fetchQuery(environment, artifact('ImageQuery'), { id: images[0] }).toPromise();

const commit = (mutation, input) =>
  new Promise((resolve, reject) => {
    relay.commitMutation(environment, { mutation, variables: { input }, onCompleted: resolve, onError: reject });
  });
const name = 'made-by-relay';
const made = (await commit(artifact('CreateMutation'), { name })).createFlow;
const again = (await commit(artifact('CreateMutation'), { name })).createFlow;

const watch = (live, subscription, variables, read) => ({
  subscribe: ({ next, error, complete }) => {
    const { dispose } = relay.requestSubscription(connect(live), {
      subscription,
      variables,
      onNext: (data) => next(read(data)),
      onError: error,
      onCompleted: complete,
    });
    return { unsubscribe: dispose };
  },
});
const put = (imageIds) => commit(artifact('PutMutation'), { flow: name, imageIds });
const updates = (after) =>
  watch(openSocket(), artifact('UpdatesSubscription'), { name, after }, (data) => data.flowUpdates);
const before = await take(updates(), 2, () => put([images[0]]));
await put([images[1]]);
const missed = await take(updates(before[1].cursor), 1);

const log = (after) =>
  take(watch(openStreams(), artifact('EventsSubscription'), { id: job, after }, (data) => data.jobStatus));
const whole = await log();
const untrusted = await fetch(endpoint, {
  method: 'POST',
  headers: { ...headers, 'Content-Type': 'application/json' },
  body: JSON.stringify({ query: '{ __typename }' }),
});

say({
  firstPage: firstPage.edges.map(({ node }) => node.__id),
  merged: merged.edges.map(({ node }) => node.__id),
  hasFirst: first !== undefined,
  refetched: Object.keys(refetched.node.__fragments ?? {}),
  made: made.flow.name,
  refused: again.userErrors.map(({ code }) => code),
  updates: before.map(({ kind, imageId }) => [kind, imageId]),
  missed: missed.map(({ kind, imageId }) => [kind, imageId]),
  log: whole.map(({ kind }) => kind),
  rest: (await log(whole[0].cursor)).map(({ kind }) => kind),
  untrusted: (await untrusted.json()).errors.map(({ extensions }) => extensions.code),
});
