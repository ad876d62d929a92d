// Which flow the page is about: typed, picked from those that exist, or named in the address.

import { query } from "./api.js";
import { byId, make } from "./dom.js";
import { FLOWS } from "./operations.js";
import { counted } from "./text.js";

const DEFAULT = "general";

/** Make the chooser; `onChange(name)` is called for every flow that people turn to. */
export function makeFlows(onChange) {
  const input = byId("flow-input");
  let current = new URLSearchParams(location.search).get("flow")?.trim() || DEFAULT;
  let known = [];

  function choose(name) {
    const chosen = name.trim() || DEFAULT;
    input.value = chosen;
    if (chosen === current) return;
    current = chosen;
    history.replaceState(null, "", current === DEFAULT ? "/" : `/?flow=${encodeURIComponent(current)}`);
    draw();
    onChange(current);
  }

  async function refresh() {
    const { flows } = await query(FLOWS);
    known = flows.edges.map(({ node }) => node);
    draw();
  }

  function draw() {
    const { imageCount = 0 } = known.find(({ name }) => name === current) ?? {};
    byId("flow-name").textContent = current;
    byId("flow-count").textContent = counted(imageCount, "picture", "pictures");
    byId("known-flows").replaceChildren(...known.map(({ name }) => make("option", { value: name })));
    const others = known.some(({ name }) => name === current) ? known : [{ name: current, imageCount: 0 }, ...known];
    byId("flow-list").hidden = others.length < 2;
    byId("flow-list").replaceChildren(...others.map(makeChip));
  }

  function makeChip({ name, imageCount }) {
    const count = make("span", { className: "chip-count", textContent: imageCount.toLocaleString("en") });
    const chip = make("button", { type: "button", className: "chip" }, make("span", { textContent: name }), count);
    chip.setAttribute("aria-pressed", String(name === current));
    chip.addEventListener("click", () => {
      choose(name);
      byId("flow-list").querySelector('[aria-pressed="true"]').focus();
    });
    return make("li", {}, chip);
  }

  input.value = current;
  input.addEventListener("change", () => choose(input.value));
  draw();
  return { current: () => (choose(input.value), current), refresh };
}
