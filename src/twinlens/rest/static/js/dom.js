/** Helpers to create elements; text is never parsed as HTML, so file names and captions are safe. */

/** Whether a key is the browser's or meant as text, so that no letter of it is a command. @param {KeyboardEvent} event */
export function isTyped(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea") !== null;
}

/**
 * Creates an element with properties, listeners and children.
 * @param {string} tag
 * @param {Object<string, any>} [properties] attributes; `text`, `class`, `on` (event → listener); false and null are left out
 * @param {...(Node|string|null|false)} children
 * @returns {any}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "value" || name === "checked") made[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** The element with an id. @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon, hidden from screen readers. @param {string} name of a symbol in index.html, without "icon-" */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    drawing.setAttribute(key, value);
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

/** A button with an icon; its label is for screen readers and the tooltip. */
export function iconButton(name, label, listener, properties = {}) {
  return element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: listener }, ...properties },
    icon(name),
  );
}
