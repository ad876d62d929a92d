// The list of uploads: takes files in, runs them, and says how far all of them are.

import { announce, byId } from "./dom.js";
import { counted } from "./text.js";
import { upload } from "./upload.js";
import { makeUploadRow } from "./upload_row.js";

/** Make the list; `gallery` shows the pictures, `onReady()` hears of each that got ready. */
export function makeUploads(gallery, onReady) {
  const list = byId("upload-list");
  const tally = { total: 0, ready: 0, failed: 0 };

  function add(files, flow) {
    const rows = files.map((file) => {
      const row = makeUploadRow(file, () => (change({ failed: -1 }), run(file, flow, row)));
      run(file, flow, row);
      return row.element;
    });
    list.prepend(...rows);
    list.scrollTop = 0;
    change({ total: rows.length });
  }

  async function run(file, flow, row) {
    let accepted = null;
    row.reset();
    const watcher = {
      ...row,
      onAccepted(image) {
        accepted = image;
        row.onAccepted();
        gallery.put(image, flow, true);
      },
    };
    try {
      gallery.put(await upload(file, flow, watcher), flow);
      row.onReady();
      change({ ready: 1 });
      announce(`${file.name} is ready.`);
      onReady();
    } catch (error) {
      if (accepted) gallery.remove(accepted.id);
      row.onFailed(error);
      list.prepend(row.element);
      change({ failed: 1 });
      announce(`${file.name} failed: ${error.message}`);
    }
  }

  function change(by) {
    for (const [name, amount] of Object.entries(by)) tally[name] += amount;
    const { total, ready, failed } = tally;
    byId("uploads").hidden = total === 0;
    byId("clear-uploads").hidden = ready + failed === 0;
    byId("upload-summary").textContent =
      `${ready} of ${counted(total, "picture", "pictures")} ready` + (failed ? `, ${failed} failed` : "");
  }

  function clear() {
    for (const row of list.querySelectorAll('[data-state="ready"], [data-state="failed"]')) row.remove();
    change({ total: -tally.ready - tally.failed, ready: -tally.ready, failed: -tally.failed });
  }

  byId("clear-uploads").addEventListener("click", clear);
  return { add };
}
