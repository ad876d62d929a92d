// An address that can be copied or opened.

import { announce, make } from "./dom.js";

let count = 0;

/** Make a labelled, read-only field with a copy button, and a link where the address is one of the web. */
export function makeAddress(label, url, note) {
  const id = `address-${(count += 1)}`;
  const field = make("input", { id, type: "text", readOnly: true, value: url });
  const copy = make("button", { type: "button", textContent: "Copy", "aria-label": `Copy the address: ${label}` });
  copy.addEventListener("click", async () => {
    const isCopied = await copyText(url, field);
    copy.textContent = isCopied ? "Copied" : "Press Ctrl+C";
    announce(isCopied ? `The address of ${label} was copied.` : "The address is selected.");
    setTimeout(() => (copy.textContent = "Copy"), 2_000);
  });
  field.addEventListener("focus", () => field.select());
  const heading = make("label", { for: id }, label, make("span", { className: "muted", textContent: note }));
  return make("div", { className: "address" }, heading, make("div", { className: "address-row" }, field, copy, makeLink(label, url)));
}

function makeLink(label, url) {
  if (!/^https?:$/.test(new URL(url, location.href).protocol)) return null;
  return make("a", { href: url, target: "_blank", rel: "noopener", textContent: "Open", "aria-label": `Open: ${label}` });
}

/** Copy, or select where the browser keeps the clipboard shut (a page that came over plain HTTP). */
async function copyText(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field.select();
    return false;
  }
}
