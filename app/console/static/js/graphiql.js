// The playground: GraphiQL on this server's endpoint, subscriptions over its WebSocket.

import { socketUrl } from "./api.js";
import { byId } from "./dom.js";
import { signIn } from "./sign_in.js";

const EXAMPLE = `# Welcome to GF Images.
# Run this with Ctrl+Enter, complete names with Ctrl+Space.
# The book on the left documents every type and field.

query NewestPictures {
  viewer {
    user { name }
    role
  }
  flow(name: "general") {
    imageCount
    images(first: 5) {
      edges {
        node {
          id
          title
          width
          height
          thumbnail(size: MEDIUM) { url }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}

# Watch a job while it works: put its id in and run this one instead.
#
# subscription WatchJob {
#   jobStatus(jobId: "job:…") { step kind error { code message } }
# }
`;

const { createElement } = globalThis.React;
const { GraphiQL, graphqlWs, ReactDOM } = globalThis;
const root = ReactDOM.createRoot(byId("graphiql"));

await signIn(byId("viewer"), () => {
  const fetcher = GraphiQL.createFetcher({
    url: "/graphql",
    wsClient: graphqlWs.createClient({ url: socketUrl() }),
  });
  root.render(createElement(GraphiQL, { fetcher, defaultQuery: EXAMPLE, defaultEditorToolsVisibility: true }));
});
