// The first page: wires files, uploads, flows and the grid together.

import { openDetail, setUpDetail } from "./detail.js";
import { byId } from "./dom.js";
import { takeFiles } from "./drop_zone.js";
import { makeFlows } from "./flows.js";
import { makeGallery } from "./gallery.js";
import { signIn } from "./sign_in.js";
import { makeUploads } from "./uploads.js";

const gallery = makeGallery(openDetail);
const flows = makeFlows((name) => gallery.show(name));
const uploads = makeUploads(gallery, refreshSoon);
let canUpload = false;
let refresh = 0;

setUpDetail();
takeFiles((files) => canUpload && uploads.add(files, flows.current()));
await signIn(byId("viewer"), async (viewer) => {
  canUpload = viewer !== null && viewer.role !== "VIEWER";
  byId("choose-files").disabled = !canUpload;
  byId("may-not-upload").hidden = canUpload;
  byId("may-not-upload").textContent = viewer ? "You may look, but not upload." : "Sign in to upload.";
  await Promise.all([gallery.show(flows.current()), refreshNow()]);
});

/** Count anew once a burst of pictures has got ready. */
function refreshSoon() {
  clearTimeout(refresh);
  refresh = setTimeout(refreshNow, 250);
}

function refreshNow() {
  // The grid beside it tells what is wrong; old counts do no harm.
  return flows.refresh().catch(() => null);
}
