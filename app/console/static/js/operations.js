// Every GraphQL operation that the first page sends.

const TILE = `
  fragment Tile on Image {
    id title state width height
    thumbnail(size: MEDIUM) { url width height }
    placeholder { dataUri dominantColor }
  }
`;

const ERRORS = "userErrors { code message }";

export const VIEWER = "query Viewer { viewer { user { name } role } }";

export const FLOWS = "query Flows { flows(first: 100) { edges { node { name imageCount } } } }";

export const FLOW_IMAGES = `${TILE}
  query FlowImages($name: String!, $first: Int!, $after: String) {
    flow(name: $name) {
      images(first: $first, after: $after) {
        edges { node { ...Tile } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;

export const IMAGE_DETAIL = `
  query ImageDetail($id: ID!) {
    image(id: $id) {
      id title format width height byteSize url createdAt tags palette
      thumbnails { url width height }
      metadata { cameraMake cameraModel lensModel takenAt }
    }
  }
`;

export const UPLOAD_INIT = `${TILE}
  mutation UploadInit($input: UploadInitInput!) {
    uploadInit(input: $input) {
      upload { imageId url method headers { name value } }
      duplicateOf { ...Tile }
      ${ERRORS}
    }
  }
`;

export const UPLOAD_COMPLETE = `${TILE}
  mutation UploadComplete($input: UploadCompleteInput!) {
    uploadComplete(input: $input) { job { id } image { ...Tile } ${ERRORS} }
  }
`;

export const UPLOAD_METRICS = `
  mutation UploadMetrics($input: UploadMetricsInput!) {
    uploadMetrics(input: $input) { imageId ${ERRORS} }
  }
`;

export const ADD_TO_FLOW = `
  mutation AddToFlow($input: AddToFlowInput!) {
    addToFlow(input: $input) { flow { name } ${ERRORS} }
  }
`;

export const CREATE_FLOW = `
  mutation CreateFlow($input: CreateFlowInput!) {
    createFlow(input: $input) { flow { name } ${ERRORS} }
  }
`;

export const JOB_STATUS = `${TILE}
  subscription JobStatus($jobId: ID!, $after: String) {
    jobStatus(jobId: $jobId, after: $after) {
      cursor step kind
      error { code message }
      image { ...Tile }
    }
  }
`;
