/** One to five stars as buttons; pressing the photo's own number takes them away. */

import { element, icon } from "../dom.js";
import { starsInWords } from "./given.js";
import { t } from "../texts.js";

const MOST = 5;

/** Emits `rate` (detail: stars, 0 for none). */
export class Stars extends EventTarget {
  constructor() {
    super();
    this.stars = 0;
    this.buttons = Array.from({ length: MOST }, (_, place) => this.button(place + 1));
    this.element = element("div", { class: "stars", role: "group", "aria-label": t("Rating") }, ...this.buttons);
  }

  /** @param {?number} stars */
  show(stars) {
    this.stars = Math.max(0, stars || 0);
    this.buttons.forEach((button, place) => {
      button.classList.toggle("is-on", place < this.stars);
      button.setAttribute("aria-pressed", String(place + 1 === this.stars));
    });
  }

  button(stars) {
    const press = () => this.dispatchEvent(new CustomEvent("rate", { detail: stars === this.stars ? 0 : stars }));
    const label = starsInWords(stars);
    return element("button", { type: "button", "aria-label": label, title: label, "aria-pressed": "false", on: { click: press } }, icon("star"));
  }
}
