// Who is signed in: asked of the server; when nobody is, a small form takes an API key.

import { query } from "./api.js";
import { make } from "./dom.js";
import { VIEWER } from "./operations.js";
import { forgetKey, storeKey, storedKey } from "./session.js";

/** Fill `place` with the viewer's name or the form; call `onViewer(viewer or null)` now and after every change. */
export async function signIn(place, onViewer) {
  const { viewer, problem } = await askViewer();
  place.replaceChildren(...(viewer ? makeViewer(viewer, again) : [makeForm(again, problem)]));
  await onViewer(viewer);

  async function again() {
    await signIn(place, onViewer);
    place.querySelector("input, button")?.focus();
  }
}

async function askViewer() {
  const hadKey = storedKey() !== null;
  try {
    const { viewer } = await query(VIEWER);
    if (!viewer && hadKey) forgetKey();
    return { viewer, problem: !viewer && hadKey ? "The server does not know this key." : "" };
  } catch (error) {
    if (error.code !== "NETWORK") forgetKey();
    return { viewer: null, problem: error.message };
  }
}

function makeViewer({ user, role }, again) {
  const name = make("span", { className: "viewer-name", textContent: user.name });
  const kind = role.toLowerCase();
  const parts = kind === user.name ? [name] : [name, make("span", { className: "viewer-role muted", textContent: kind })];
  if (storedKey() === null) return parts;
  const leave = make("button", { type: "button", className: "quiet", textContent: "Forget key" });
  leave.addEventListener("click", () => (forgetKey(), again()));
  return [...parts, leave];
}

function makeForm(again, problem) {
  const key = make("input", {
    id: "api-key",
    type: "password",
    required: true,
    autocomplete: "off",
    spellcheck: false,
    "aria-describedby": "api-key-problem",
  });
  const form = make(
    "form",
    { className: "sign-in" },
    make("label", { for: "api-key", textContent: "API key" }),
    key,
    make("button", { type: "submit", textContent: "Sign in" }),
    make("p", { id: "api-key-problem", className: "problem", role: "alert", textContent: problem }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    storeKey(key.value.trim());
    again();
  });
  return form;
}
