// Who is signed in: asked of the server; when nobody is, a small form takes an API key or a token.

import { closeSocket, query, refusalOf } from "./api.js";
import { make } from "./dom.js";
import { VIEWER } from "./operations.js";
import { closeSession, openSession } from "./session.js";

/** Fill `place` with the viewer's name or the form; call `onViewer(viewer or null)` now and after every change. */
export async function signIn(place, onViewer, problem = "") {
  const { viewer, problem: unanswered } = await askViewer();
  place.replaceChildren(...(viewer ? makeViewer(viewer, again) : [makeForm(again, problem || unanswered)]));
  await onViewer(viewer);

  async function again(refusal) {
    closeSocket();
    await signIn(place, onViewer, refusal);
    place.querySelector("input, button")?.focus();
  }
}

async function askViewer() {
  try {
    return { ...(await query(VIEWER)), problem: "" };
  } catch (error) {
    return { viewer: null, problem: error.message };
  }
}

/** Return why a request failed, or an empty text when it did not. */
async function problemOf(request) {
  try {
    const response = await request;
    return response.ok ? "" : refusalOf(await response.json().catch(() => null), response.status).message;
  } catch {
    return "The server cannot be reached.";
  }
}

function makeViewer({ user, role }, again) {
  const name = make("span", { className: "viewer-name", textContent: user.name });
  const kind = role.toLowerCase();
  const parts = kind === user.name ? [name] : [name, make("span", { className: "viewer-role muted", textContent: kind })];
  const leave = make("button", { type: "button", className: "quiet", textContent: "Sign out" });
  leave.addEventListener("click", async () => again(await problemOf(closeSession())));
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
    make("label", { for: "api-key", textContent: "API key or token" }),
    key,
    make("button", { type: "submit", textContent: "Sign in" }),
    make("p", { id: "api-key-problem", className: "problem", role: "alert", textContent: problem }),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    again(await problemOf(openSession(key.value.trim())));
  });
  return form;
}
