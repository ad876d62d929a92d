// One picture in a dialog: large, with its addresses, what the camera wrote, and its colours.

import { query } from "./api.js";
import { byId, make, paintPlaceholder } from "./dom.js";
import { makeAddress } from "./address.js";
import { IMAGE_DETAIL } from "./operations.js";
import { bytes, moment, pixels, titleOf, wallClock } from "./text.js";

const THUMBNAILS = ["Small", "Medium", "Large"];

/** Open the dialog on an image of the grid. */
export async function openDetail(tile) {
  const dialog = byId("detail");
  const facts = byId("detail-facts");
  byId("detail-title").textContent = titleOf(tile);
  const picture = byId("detail-picture");
  picture.replaceChildren(makePicture(tile, tile.thumbnail));
  facts.replaceChildren(make("p", { className: "muted", textContent: "Loading…" }));
  dialog.showModal();
  try {
    const { image } = await query(IMAGE_DETAIL, { id: tile.id });
    if (!image) throw new Error("This picture is not there any more.");
    picture.replaceChildren(makePicture(tile, image.thumbnails.at(-1)));
    facts.replaceChildren(...describe(image));
  } catch (error) {
    facts.replaceChildren(make("p", { className: "problem", role: "alert", textContent: error.message }));
  }
}

/** Close the dialog by its button, or by a click beside it; Escape closes it by itself. */
export function setUpDetail() {
  const dialog = byId("detail");
  byId("close-detail").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

function makePicture(tile, { url, width, height }) {
  const picture = make("img", { alt: titleOf(tile), width, height, src: url });
  paintPlaceholder(picture, tile.placeholder);
  return picture;
}

function describe(image) {
  return [
    makeFacts(image),
    image.palette.length ? makePalette(image.palette) : null,
    make("h3", { textContent: "Addresses" }),
    makeAddress("Original", image.url, pixels(image)),
    ...image.thumbnails.map((thumbnail, at) => makeAddress(THUMBNAILS[at], thumbnail.url, pixels(thumbnail))),
  ].filter(Boolean);
}

function makeFacts(image) {
  const { cameraMake, cameraModel, lensModel, takenAt } = image.metadata ?? {};
  const camera = cameraModel?.startsWith(cameraMake ?? "") ? cameraModel : [cameraMake, cameraModel].filter(Boolean).join(" ");
  const facts = [
    ["Size", pixels(image)],
    ["Format", `${image.format}, ${bytes(image.byteSize)}`],
    ["Camera", camera],
    ["Lens", lensModel],
    ["Taken", takenAt && wallClock(takenAt)],
    ["Added", moment(image.createdAt)],
    ["Tags", image.tags.join(", ")],
  ].filter(([, value]) => value);
  return make(
    "dl",
    { className: "facts" },
    ...facts.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]),
  );
}

function makePalette(colors) {
  const swatches = colors.map((color) => {
    const swatch = make("li", { className: "swatch", title: color, textContent: color });
    swatch.style.backgroundColor = color;
    return swatch;
  });
  return make("ul", { className: "palette", "aria-label": "Colours, most of the picture first" }, ...swatches);
}
