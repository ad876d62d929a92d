// Apollo Client: pages merged by cursors, mutations, persisted queries by GET, subscriptions over both transports.

import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { print } from 'graphql';
import { endpoint, flow, headers, images, job, openSocket, openStreams, say, take } from './sockets.mjs';

const IMAGES = gql`query Images($flow: String!, $after: String) {
  images(filter: {flow: $flow}, first: 2, after: $after) { totalCount edges { cursor node { id title } } pageInfo { endCursor hasNextPage } } }`;
const CREATE = gql`mutation Create($name: String!) { createFlow(input: {name: $name}) { flow { id name } userErrors { code field } } }`;
const PUT = gql`mutation Put($flow: String!, $ids: [ID!]!) { addToFlow(input: {flow: $flow, imageIds: $ids}) { userErrors { code } } }`;
const UPDATES = gql`subscription Updates($name: String!, $after: String) { flowUpdates(name: $name, after: $after) { cursor kind imageId } }`;
const EVENTS = gql`subscription Events($id: ID!, $after: String) { jobStatus(jobId: $id, after: $after) { cursor kind step } }`;

const streams = openStreams();
const streamLink = new ApolloLink(({ query, variables, operationName }) =>
  new Observable((sink) => streams.subscribe({ query: print(query), variables, operationName }, sink)),
);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const http = new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(
  new HttpLink({ uri: endpoint, headers }),
);
const connect = (live) =>
  new ApolloClient({
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { images: relayStylePagination(['filter']) } } } }),
    link: ApolloLink.split(({ operationType }) => operationType === 'subscription', live, http),
  });
const overSocket = () => connect(new GraphQLWsLink(openSocket()));
const client = overSocket();

const first = await client.query({ query: IMAGES, variables: { flow } });
await client.query({
  query: IMAGES,
  variables: { flow, after: first.data.images.pageInfo.endCursor },
  fetchPolicy: 'network-only',
});
const merged = client.readQuery({ query: IMAGES, variables: { flow } }).images;

const name = 'made-by-apollo';
const made = await client.mutate({ mutation: CREATE, variables: { name } });
const again = await client.mutate({ mutation: CREATE, variables: { name } });

const put = (ids) => client.mutate({ mutation: PUT, variables: { flow: name, ids } });
const updates = (after) => overSocket().subscribe({ query: UPDATES, variables: { name, after } });
const before = (await take(updates(), 2, () => put([images[0]]))).map(({ data }) => data.flowUpdates);
await put([images[1]]);
const missed = (await take(updates(before[1].cursor), 1)).map(({ data }) => data.flowUpdates);

const log = async (after) =>
  (await take(connect(streamLink).subscribe({ query: EVENTS, variables: { id: job, after } }))).map(({ data }) => data.jobStatus);
const whole = await log();

say({
  firstPage: first.data.images.edges.map(({ node }) => node.id),
  merged: merged.edges.map(({ node }) => node.id),
  made: made.data.createFlow.flow.name,
  refused: again.data.createFlow.userErrors.map(({ code }) => code),
  updates: before.map(({ kind, imageId }) => [kind, imageId]),
  missed: missed.map(({ kind, imageId }) => [kind, imageId]),
  log: whole.map(({ kind }) => kind),
  rest: (await log(whole[0].cursor)).map(({ kind }) => kind),
});
