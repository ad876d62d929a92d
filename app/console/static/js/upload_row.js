// One upload as people see it: preview, progress of the transfer, steps of the processing, how it ended.

import { make } from "./dom.js";
import { bytes } from "./text.js";

const STEPS = [
  ["FETCH", "Fetch"],
  ["TRANSFORM", "Transform"],
  ["PERSIST", "Persist"],
  ["DONE", "Done"],
];
const SAYS = { waiting: "waiting", active: "under way", done: "done", failed: "failed" };

/** Codes after which the same bytes may well get through. */
const WORTH_ANOTHER_TRY = /^(?:NETWORK|BUSY|INSUFFICIENT_STORAGE|INTERNAL|UNAUTHENTICATED|EXPIRED|NOT_UPLOADED|HTTP_\d+)$/;

/** Make a row for the file; `onRetry` is called when another try is asked for. */
export function makeUploadRow(file, onRetry) {
  const preview = makePreview(file);
  const bar = make("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
  const note = make("span", { className: "upload-note", textContent: "Waiting for its turn" });
  const steps = STEPS.map(([, label]) => makeStep(label));
  const problem = make("p", { className: "upload-problem", hidden: true });
  const retry = make("button", { type: "button", className: "upload-retry", textContent: "Try again", hidden: true });
  retry.addEventListener("click", onRetry);
  const element = make(
    "li",
    { className: "upload" },
    preview,
    make(
      "div",
      { className: "upload-body" },
      make("p", { className: "upload-line" }, makeName(file), note),
      bar,
      make(
        "div",
        { className: "upload-line" },
        make("ol", { className: "steps", "aria-label": "Processing" }, ...steps.map((step) => step.element)),
        make("span", { className: "upload-size", textContent: bytes(file.size) }),
      ),
      problem,
      retry,
    ),
  );

  function setState(state, text) {
    element.dataset.state = state;
    note.textContent = text;
  }

  return {
    element,
    reset() {
      setState("waiting", "Waiting for its turn");
      bar.value = 0;
      problem.hidden = retry.hidden = true;
      steps.forEach((step) => step.set("waiting"));
    },
    onTransfer(fraction) {
      bar.value = fraction;
      setState("sending", fraction < 1 ? `Uploading ${Math.floor(fraction * 100)} %` : "Uploaded, being checked");
    },
    onAccepted() {
      bar.value = 1;
      setState("processing", "Processing");
      steps[0].set("active");
    },
    onEvent({ step, kind }) {
      if (step === "RETRY") setState("processing", "Processing, another try");
      const reached = STEPS.findIndex(([name]) => name === step);
      if (reached < 0 || kind === "ERROR") return;
      steps.forEach((each, at) => each.set(at <= reached ? "done" : at === reached + 1 ? "active" : "waiting"));
    },
    onDuplicate() {
      bar.value = 1;
      steps.forEach((step) => step.set("done"));
      setState("ready", "Was here already");
    },
    onReady() {
      if (element.dataset.state !== "ready") setState("ready", "Ready");
    },
    onFailed(error) {
      setState("failed", "Failed");
      steps.find((step) => step.is("active"))?.set("failed");
      problem.replaceChildren(make("code", { textContent: error.code ?? "FAILED" }), ` ${error.message}`);
      problem.hidden = false;
      retry.hidden = !WORTH_ANOTHER_TRY.test(error.code ?? "");
    },
  };
}

function makeName(file) {
  return make("span", { className: "upload-name", textContent: file.name, title: file.name });
}

function makeStep(label) {
  const says = make("span", { className: "visually-hidden" });
  const element = make("li", { className: "step" }, make("span", { textContent: label }), says);
  function set(state) {
    element.dataset.state = state;
    says.textContent = `: ${SAYS[state]}`;
  }
  set("waiting");
  return { element, set, is: (state) => element.dataset.state === state };
}

/** A small look at the file itself, which needs no server; a file that is no picture shows an empty frame. */
function makePreview(file) {
  const address = URL.createObjectURL(file);
  const image = make("img", { alt: "", width: 56, height: 56, src: address });
  const release = () => URL.revokeObjectURL(address);
  image.addEventListener("load", release, { once: true });
  image.addEventListener("error", () => (release(), image.remove()), { once: true });
  return make("span", { className: "upload-preview" }, image);
}
