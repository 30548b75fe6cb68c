/** Helpers to create elements; text is never parsed as HTML, so file names and captions are safe. */

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
/** SVG paths of 24 × 24 icons. */
const LINES = {
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16.2 16.2 21 21",
  close: "M6 6l12 12M18 6 6 18",
  camera: "M4 8h3l2-3h6l2 3h3v11H4ZM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  filters: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5v-5M9 19.5v-5",
  map: "M5 18.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM10 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM13 17a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM18.5 8.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM18 19.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  library: "M4 5h7v6H4ZM13 5h7v6h-7ZM4 13h7v6H4ZM13 13h7v6h-7Z",
  theme: "M12 4a8 8 0 1 0 0 16ZM12 4a8 8 0 0 1 0 16",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5a2.5 2.5 0 1 1 3.6 2.25c-.7.35-1.1.85-1.1 1.75M12 16.7v.1",
  heart: "M12 19.5 5.2 12.8a4.4 4.4 0 0 1 6.2-6.2l.6.6.6-.6a4.4 4.4 0 0 1 6.2 6.2Z",
  check: "M5 12.5 10 17.5 19 7.5",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.7v.1",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
  similar: "M4 4h10v10H4ZM17 8h3v12H8v-3",
  zip: "M6 3h9l4 4v14H6ZM11 3v2M11 7v2M11 11v2M10 15h2v3h-2Z",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1",
  lasso: "M12 5c5 0 8.5 2.2 8.5 5S17 15 12 15s-8.5-2.2-8.5-5S7 5 12 5ZM8 14.5c-2 1-2 3.5 0 4M8 18.5c1.5.5 2 1.5 1.5 2.5",
  refresh: "M19 7v4h-4M5 17v-4h4M6.5 9.5A6.5 6.5 0 0 1 18 8.5l1 2.5M17.5 14.5A6.5 6.5 0 0 1 6 15.5l-1-2.5",
};

/** An icon, hidden from screen readers. @param {keyof typeof LINES} name */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    drawing.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", LINES[name]);
  drawing.append(path);
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
