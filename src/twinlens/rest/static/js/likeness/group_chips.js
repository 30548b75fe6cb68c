/** The groups of the map as buttons, for those who cannot see it, or find words faster than places. */

import { element } from "../dom.js";
import { countOf, numberOf } from "../facts.js";
import { thumbnailAddress } from "../server.js";
import { t } from "../texts.js";

const PICTURE_PX = 64; // twice its size, for sharp screens

/** Emits `choose` and `point` (detail: a group; null when no button is pointed at any more). */
export class GroupChips extends EventTarget {
  /** @param {HTMLElement} list */
  constructor(list) {
    super();
    this.list = list;
    this.shown = "";
  }

  /** @param {{label: ?string, image_id: string, num_images: number, rows: number[]}[]} groups the largest first */
  show(groups) {
    const shown = JSON.stringify(groups.map(({ label, image_id: id, rows }) => [label, id, rows]));
    if (shown === this.shown) return; // a button that has the focus stays
    this.shown = shown;
    this.list.hidden = !groups.length;
    const [named, others] = [true, false].map((isNamed) => groups.filter(({ label }) => Boolean(label) === isNamed));
    this.list.replaceChildren(...[...named, ...others].map((group) => element("li", {}, this.button(group))));
  }

  button(group) {
    const { label, image_id: id, num_images: count } = group;
    const photos = countOf(count);
    const name = label ? t("{name}: {photos}", { name: label, photos }) : t("{photos} that look alike", { photos });
    const tell = (event, detail) => this.dispatchEvent(new CustomEvent(event, { detail }));
    const on = {
      click: () => tell("choose", group),
      focus: () => tell("point", group),
      blur: () => tell("point", null),
      pointerenter: () => tell("point", group),
      pointerleave: () => tell("point", null),
    };
    return element(
      "button",
      { type: "button", class: "map-group", "aria-label": name, title: name, on },
      element("img", { src: thumbnailAddress(id, PICTURE_PX), alt: "", width: 32, height: 32, draggable: "false" }),
      label && element("span", { dir: "auto", text: label }),
      element("span", { class: "quiet", text: numberOf(count) }),
    );
  }
}
