// One picture of the grid: its shape and colours are there at once, its thumbnail when it has arrived.

import { make, paintPlaceholder } from "./dom.js";
import { titleOf } from "./text.js";

/** Very long pictures are shown cut, so that no row gets too low or too high. */
const MIN_RATIO = 0.56;
const MAX_RATIO = 2.4;
/** Pictures smaller than this, in px, are shown in their own size. */
const SMALL_PX = 150;

/** Make the list item of an image; `onOpen(image)` is called when it is chosen. */
export function makeTile(image, onOpen) {
  const isReady = image.state === "READY";
  const button = make(
    "button",
    { type: "button", className: "tile-button", disabled: !isReady },
    isReady ? makeThumbnail(image) : make("span", { className: "tile-wait", textContent: "Processing…" }),
    make("span", { className: "tile-title", "aria-hidden": "true", textContent: titleOf(image) }),
  );
  button.addEventListener("click", () => onOpen(image));
  paintPlaceholder(button, image.placeholder);
  const element = make("li", { className: "tile" }, button);
  element.dataset.imageId = image.id;
  element.dataset.state = image.state;
  const ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, image.width / image.height));
  element.style.setProperty("--ratio", ratio.toFixed(3));
  return element;
}

function makeThumbnail(image) {
  const { url, width, height } = image.thumbnail;
  const picture = make("img", { alt: titleOf(image), width, height, loading: "lazy", decoding: "async" });
  if (Math.max(width, height) < SMALL_PX) picture.classList.add("is-small");
  picture.addEventListener("load", () => picture.classList.add("is-loaded"), { once: true });
  picture.src = url;
  return picture;
}
