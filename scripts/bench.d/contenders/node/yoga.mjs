// graphql-yoga on better-sqlite3: the part of our schema that the bench asks for, read from the same SQLite file.
// Run as `node yoga.mjs FILE`; prints its port.

import { createServer } from 'node:http';
import Database from 'better-sqlite3';
import { createSchema, createYoga } from 'graphql-yoga';

const database = new Database(process.argv[2], { readonly: true, fileMustExist: true });
// As our server does: what somebody who is signed out may see.
const shown = `EXISTS (SELECT 1 FROM flow_images AS held CROSS JOIN flows ON flows.name = held.flow
  WHERE held.image_id = images.id AND flows.is_public)`;
const columns = 'id, title, state, format, width, height, byte_size, sha256, created_at';
const list = database.prepare(
  `SELECT ${columns} FROM images WHERE state IN ('PROCESSING', 'READY') AND ${shown} ORDER BY created_at DESC, id DESC LIMIT ?`,
);
const find = database.prepare(`SELECT ${columns} FROM images WHERE id = ? AND ${shown}`);

const types = { JPEG: 'image/jpeg', PNG: 'image/png', GIF: 'image/gif', WEBP: 'image/webp', AVIF: 'image/avif' };
const Image = {
  byteSize: (row) => row.byte_size,
  createdAt: (row) => new Date(row.created_at / 1000),
  mimeType: (row) => types[row.format],
};
const schema = createSchema({
  typeDefs: `
    scalar BigInt scalar DateTime
    enum ImageFormat { JPEG PNG GIF WEBP AVIF } enum ImageState { PROCESSING READY FAILED }
    type Image { id: ID! title: String! state: ImageState! format: ImageFormat! mimeType: String! width: Int! height: Int!
      byteSize: BigInt! sha256: String! createdAt: DateTime! }
    type ImageEdge { node: Image! cursor: String! }
    type PageInfo { hasNextPage: Boolean! }
    type ImageConnection { edges: [ImageEdge!]! pageInfo: PageInfo! }
    type Query { images(first: Int): ImageConnection! image(id: ID!): Image }`,
  resolvers: {
    Image,
    Query: {
      images: (_, { first = 20 }) => {
        const rows = list.all(first + 1);
        const edges = rows.slice(0, first).map((node) => ({
          node,
          cursor: Buffer.from(JSON.stringify([node.created_at, node.id])).toString('base64url'),
        }));
        return { edges, pageInfo: { hasNextPage: rows.length > first } };
      },
      image: (_, { id }) => find.get(id) ?? null,
    },
  },
});

const yoga = createYoga({ schema, graphiql: false, logging: false, maskedErrors: true });
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
