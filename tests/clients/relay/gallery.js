// What Relay's compiler reads: pages of a connection, an object fetched anew by its id, a mutation, subscriptions.

const { graphql } = require('relay-runtime');

graphql`query galleryQuery($flow: String!, $first: Int!, $after: String) {
  images(filter: { flow: $flow }, first: $first, after: $after) @connection(key: "gallery_images") {
    edges { node { ...gallery_image } }
  }
}`;

graphql`fragment gallery_image on Image @refetchable(queryName: "galleryImageQuery") {
  id title thumbnail(size: SMALL) { url width height }
}`;

graphql`mutation galleryCreateMutation($input: CreateFlowInput!) {
  createFlow(input: $input) { flow { id name } userErrors { code field } }
}`;

graphql`mutation galleryPutMutation($input: AddToFlowInput!) {
  addToFlow(input: $input) { flow { id imageCount } userErrors { code } }
}`;

graphql`subscription galleryUpdatesSubscription($name: String!, $after: String) {
  flowUpdates(name: $name, after: $after) { cursor kind image { id } imageId }
}`;

graphql`subscription galleryEventsSubscription($id: ID!, $after: String) {
  jobStatus(jobId: $id, after: $after) { cursor kind }
}`;
