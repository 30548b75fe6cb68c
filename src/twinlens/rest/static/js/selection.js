/** Selected photos, and the bar that says what can be done with them. */

import { element, iconButton } from "./dom.js";
import { countOf } from "./facts.js";

/** Tells of `change`. */
export class Selection extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, import("./search.js").Photo>} */
    this.photos = new Map();
    this.last = null;
  }

  get size() {
    return this.photos.size;
  }

  get ids() {
    return [...this.photos.keys()];
  }

  has(id) {
    return this.photos.has(id);
  }

  /** Selects a photo or lets it go; a range reaches from the one before. */
  pick(photos, index, { isRange }) {
    if (isRange && this.last !== null && this.last < photos.length) {
      const [from, to] = [Math.min(this.last, index), Math.max(this.last, index)];
      for (const photo of photos.slice(from, to + 1)) this.photos.set(photo.image_id, photo);
    } else if (!this.photos.delete(photos[index].image_id)) this.photos.set(photos[index].image_id, photos[index]);
    this.last = index;
    this.dispatchEvent(new Event("change"));
  }

  clear() {
    this.photos.clear();
    this.last = null;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Shows the bar while something is selected.
 * @param {HTMLElement} bar
 * @param {Selection} selection
 * @param {{similar: Function, favourite: Function, zip: Function, list: Function}} actions each takes ids
 */
export function addSelectionBar(bar, selection, actions) {
  const count = element("span", { class: "count", role: "status" });
  const act = (name) => () => actions[name](selection.ids);
  const labelled = (name, label, listener) => {
    const button = iconButton(name, label, listener);
    button.append(element("span", { class: "label", text: label }));
    return button;
  };
  bar.append(
    count,
    labelled("similar", "Similar", act("similar")),
    labelled("heart", "Favourite", act("favourite")),
    labelled("zip", "Zip", act("zip")),
    labelled("list", "List", act("list")),
    iconButton("close", "Clear the selection", () => selection.clear()),
  );
  selection.addEventListener("change", () => {
    bar.hidden = selection.size === 0;
    count.textContent = selection.size ? `${countOf(selection.size)} selected` : "";
  });
}
