// Building elements. Text only ever enters as a text node, so nothing that a server or a file says can become markup.

/** Make an element; `properties` are its own properties, or attributes where a name has a dash or is `role`. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Tell people who listen to the page what has just happened. */
export function announce(message) {
  byId("status").textContent = message;
}

const DATA_URI = /^data:image\/(?:jpeg|png|webp);base64,[A-Za-z0-9+/=]+$/;
const HEX_COLOR = /^#[0-9a-f]{6}$/i;

/** Paint what stands for a picture until it has arrived; anything that is not of its form is left out. */
export function paintPlaceholder(element, placeholder) {
  if (!placeholder) return;
  if (HEX_COLOR.test(placeholder.dominantColor)) element.style.backgroundColor = placeholder.dominantColor;
  if (DATA_URI.test(placeholder.dataUri)) element.style.backgroundImage = `url("${placeholder.dataUri}")`;
}
