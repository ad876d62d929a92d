// The newest pictures of one flow: a grid that fills while uploads get ready, and pages on demand.

import { query } from "./api.js";
import { byId } from "./dom.js";
import { FLOW_IMAGES } from "./operations.js";
import { makeTile } from "./tile.js";

const PAGE_SIZE = 24;
/** How often pictures that another window has sent are looked after while they are being processed, in ms. */
const RECHECK_MS = 3_000;

/** Make the grid; `onOpen(image)` is called for the picture that is chosen. */
export function makeGallery(onOpen) {
  const grid = byId("grid");
  const more = byId("more");
  const ours = new Set();
  let flow = null;
  let endCursor = null;
  let recheck = 0;

  async function show(name) {
    flow = name;
    endCursor = null;
    grid.replaceChildren();
    await load();
  }

  /** Load the page after the cursor, or the first one anew. */
  async function load(after = null) {
    const name = flow;
    grid.setAttribute("aria-busy", "true");
    const images = await fetchPage(name, after);
    if (name !== flow) return null;
    grid.setAttribute("aria-busy", "false");
    const tiles = images.edges.map(({ node }) => makeTile(node, onOpen));
    if (after === null) grid.replaceChildren(...tiles);
    else grid.append(...tiles.filter((tile) => !find(tile.dataset.imageId)));
    endCursor = images.pageInfo.endCursor;
    more.hidden = !images.pageInfo.hasNextPage;
    settle();
    return tiles;
  }

  async function loadMore() {
    more.disabled = true;
    try {
      const tiles = await load(endCursor);
      tiles?.[0]?.querySelector("button").focus();
    } catch (error) {
      showProblem(error);
    } finally {
      more.disabled = false;
    }
  }

  /** Show the image, when it is of the flow on show: in its old place, or in front; `isWatched` until it is ready. */
  function put(image, name, isWatched = false) {
    if (isWatched) ours.add(image.id);
    else ours.delete(image.id);
    if (name !== flow) return;
    const tile = makeTile(image, onOpen);
    const old = find(image.id);
    if (old) old.replaceWith(tile);
    else grid.prepend(tile);
    settle();
  }

  function remove(imageId) {
    ours.delete(imageId);
    find(imageId)?.remove();
    settle();
  }

  function find(imageId) {
    return grid.querySelector(`[data-image-id="${CSS.escape(imageId)}"]`);
  }

  function settle() {
    byId("empty").hidden = grid.childElementCount > 0;
    byId("gallery-problem").hidden = true;
    clearTimeout(recheck);
    const waiting = [...grid.querySelectorAll('[data-state="PROCESSING"]')];
    if (waiting.some((tile) => !ours.has(tile.dataset.imageId))) {
      recheck = setTimeout(() => load().catch(showProblem), RECHECK_MS);
    }
  }

  more.addEventListener("click", loadMore);
  return { show: (name) => show(name).catch(showProblem), put, remove };
}

async function fetchPage(name, after) {
  const { flow } = await query(FLOW_IMAGES, { name, first: PAGE_SIZE, after });
  // A flow that nobody has filled yet need not exist.
  return flow?.images ?? { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };
}

function showProblem(error) {
  byId("grid").setAttribute("aria-busy", "false");
  byId("gallery-problem").textContent = error.message;
  byId("gallery-problem").hidden = false;
}
