// Where files come in: dropped anywhere on the page, chosen with the button, or pasted.

import { byId } from "./dom.js";

/** Call `onFiles` with each bunch of files that people bring. */
export function takeFiles(onFiles) {
  const input = byId("file-input");
  let depth = 0;

  function hover(change) {
    depth = Math.max(0, depth + change);
    byId("drop-zone").classList.toggle("is-over", depth > 0);
  }

  function take(files) {
    if (files.length) onFiles([...files]);
  }

  addEventListener("dragenter", (event) => carriesFiles(event) && hover(1));
  addEventListener("dragleave", (event) => carriesFiles(event) && hover(-1));
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    hover(-depth);
    take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => take(event.clipboardData.files));
  byId("choose-files").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}
