// urql: the document cache, mutations that make it ask again, subscriptions over both transports.

import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { endpoint, flow, headers, images, job, openSocket, openStreams, say, take } from './sockets.mjs';

const IMAGES = gql`query Images($flow: String!, $after: String) {
  images(filter: {flow: $flow}, first: 2, after: $after) { edges { node { id title } } pageInfo { endCursor } } }`;
const COUNT = gql`query Count($name: String!) { flow(name: $name) { id imageCount } }`;
const CREATE = gql`mutation Create($name: String!) { createFlow(input: {name: $name}) { flow { id name } userErrors { code } } }`;
const PUT = gql`mutation Put($flow: String!, $ids: [ID!]!) { addToFlow(input: {flow: $flow, imageIds: $ids}) { flow { id imageCount } userErrors { code } } }`;
const UPDATES = gql`subscription Updates($name: String!, $after: String) { flowUpdates(name: $name, after: $after) { cursor kind imageId } }`;
const EVENTS = gql`subscription Events($id: ID!, $after: String) { jobStatus(jobId: $id, after: $after) { cursor kind } }`;

const connect = (live) =>
  new Client({
    url: endpoint,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: live.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
const client = connect(openSocket());
const ask = async (query, variables) => {
  const { data, error } = await client.query(query, variables).toPromise();
  if (error) throw error;
  return data;
};
const change = async (mutation, variables) => {
  const { data, error } = await client.mutation(mutation, variables).toPromise();
  if (error) throw error;
  return data;
};
const watch = (live, query, variables) => ({
  subscribe: ({ next, complete, error }) =>
    connect(live).subscription(query, variables).subscribe((result) => {
      if (result.error) error(result.error);
      else if (result.data) next(result.data);
      if (!result.hasNext) complete();
    }),
});

const first = (await ask(IMAGES, { flow })).images;
const second = (await ask(IMAGES, { flow, after: first.pageInfo.endCursor })).images;

const name = 'made-by-urql';
const made = (await change(CREATE, { name })).createFlow;
const again = (await change(CREATE, { name })).createFlow;
const empty = (await ask(COUNT, { name })).flow.imageCount;

const put = (ids) => change(PUT, { flow: name, ids });
const updates = (after) => watch(openSocket(), UPDATES, { name, after });
const before = (await take(updates(), 2, () => put([images[0]]))).map((data) => data.flowUpdates);
await put([images[1]]);
const missed = (await take(updates(before[1].cursor), 1)).map((data) => data.flowUpdates);

const log = async (after) => (await take(watch(openStreams(), EVENTS, { id: job, after }))).map((data) => data.jobStatus);
const whole = await log();

say({
  firstPage: first.edges.map(({ node }) => node.id),
  merged: [...first.edges, ...second.edges].map(({ node }) => node.id),
  made: made.flow.name,
  refused: again.userErrors.map(({ code }) => code),
  counts: [empty, (await ask(COUNT, { name })).flow.imageCount],
  updates: before.map(({ kind, imageId }) => [kind, imageId]),
  missed: missed.map(({ kind, imageId }) => [kind, imageId]),
  log: whole.map(({ kind }) => kind),
  rest: (await log(whole[0].cursor)).map(({ kind }) => kind),
});
