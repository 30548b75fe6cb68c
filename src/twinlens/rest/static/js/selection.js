/** Selected photos, and the bar with actions on them. */

import { element, iconButton } from "./dom.js";
import { t } from "./texts.js";

/** Emits `change`. */
export class Selection extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, import("./search.js").Photo>} */
    this.photos = new Map();
    /** The last selected photo, where a range starts. @type {?string} */
    this.anchor = null;
  }

  get size() {
    return this.photos.size;
  }

  get ids() {
    return [...this.photos.keys()];
  }

  /** Whether all of them are favourites already. */
  get areFavourites() {
    return this.size > 0 && [...this.photos.values()].every((photo) => photo.is_favourite);
  }

  has(id) {
    return this.photos.has(id);
  }

  /** Toggles a photo; a range starts at the last selected one, if it is among these photos. */
  pick(photos, index, { isRange }) {
    const id = photos[index].image_id;
    const anchor = isRange ? photos.findIndex((photo) => photo.image_id === this.anchor) : -1;
    if (anchor >= 0) {
      const range = photos.slice(Math.min(anchor, index), Math.max(anchor, index) + 1);
      for (const photo of range) this.photos.set(photo.image_id, photo);
    } else if (!this.photos.delete(id)) this.photos.set(id, photos[index]);
    this.anchor = id;
    this.dispatchEvent(new Event("change"));
  }

  /** Adds photos. */
  add(photos) {
    for (const photo of photos) this.photos.set(photo.image_id, photo);
    this.dispatchEvent(new Event("change"));
  }

  clear() {
    this.photos.clear();
    this.anchor = null;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Shows the bar while photos are selected.
 * @param {HTMLElement} bar
 * @param {Selection} selection
 * @param {{all: Function, similar: Function, compare: Function, favourite: Function, organise: Function, share: Function, zip: Function, list: Function}} actions each takes ids
 */
export function addSelectionBar(bar, selection, actions) {
  const count = element("span", { class: "count", role: "status" });
  const act = (name) => () => actions[name](selection.ids);
  const labelled = (name, label, listener) => {
    const button = iconButton(name, label, listener);
    button.append(element("span", { class: "label", text: label }));
    button.dataset.act = name;
    return button;
  };
  const compare = labelled("compare", t("Compare"), act("compare"));
  const heart = labelled("heart", t("Favourite"), act("favourite"));
  bar.append(
    count,
    labelled("all", t("Select all"), act("all")),
    labelled("similar", t("Similar"), act("similar")),
    compare,
    heart,
    labelled("tag", t("Organise"), act("organise")),
    labelled("zip", t("Download"), act("zip")),
    labelled("share", t("Share"), act("share")),
    labelled("list", t("Table"), act("list")),
    iconButton("close", t("Clear the selection"), () => selection.clear()),
  );
  selection.addEventListener("change", () => {
    const hadFocus = bar.contains(document.activeElement);
    bar.hidden = selection.size === 0;
    compare.hidden = selection.size !== 2;
    if (bar.hidden && hadFocus) document.querySelector("#grid .open[tabindex='0']")?.focus({ preventScroll: true });
    const told = selection.areFavourites ? t("Remove favourite") : t("Favourite");
    heart.title = told;
    heart.setAttribute("aria-label", told);
    heart.querySelector(".label").textContent = told;
    count.textContent = selection.size ? t("{count} photo selected|{count} photos selected", { count: selection.size }) : "";
  });
}
