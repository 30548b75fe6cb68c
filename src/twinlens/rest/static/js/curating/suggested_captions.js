/** Descriptions of the built-in list that fit a photo, with how sure that is; a click takes one as a caption. */

import { element, icon } from "../dom.js";
import { gradeName } from "../grades.js";
import { ask, isSilent } from "../server.js";
import { t } from "../texts.js";

const MOST = 5;

/** Emits `caption` (detail: the text that was accepted). */
export class SuggestedCaptions extends EventTarget {
  constructor() {
    super();
    this.id = null;
    this.button = element("button", { type: "button", class: "plain", text: t("Suggest captions"), on: { click: () => this.look() } });
    this.list = element("ul", { class: "given-names", "aria-label": t("Suggested captions"), tabindex: "-1" });
    this.line = element("p", { class: "quiet", role: "status" });
    this.element = element("div", { class: "suggested-captions" }, this.button, this.list, this.line);
  }

  /** Begins anew for another photo. @param {string} id */
  show(id) {
    if (id === this.id) return;
    this.id = id;
    this.button.hidden = false;
    this.line.textContent = "";
    this.list.replaceChildren();
  }

  async look() {
    const { id } = this;
    this.list.focus(); // the pressed button goes
    this.button.hidden = true;
    this.line.textContent = t("Looking for descriptions that fit; the first time takes up to a minute…");
    let found = [];
    let line = "";
    try {
      ({ results: found } = await ask("api/search/captions", { json: { image_id: id, top_k: MOST, built_in: true } }));
      if (!found.length) line = t("No description fits this photo.");
    } catch (error) {
      if (!isSilent(error)) line = error.message;
    }
    if (id !== this.id) return;
    this.line.textContent = line;
    this.list.replaceChildren(...found.map((one) => this.choice(one)));
  }

  choice({ caption, grade }) {
    const accept = () => {
      made.remove();
      this.dispatchEvent(new CustomEvent("caption", { detail: caption }));
    };
    const label = grade ? t("Take as a caption: {caption}, {grade}", { caption, grade: gradeName(grade) }) : t("Take as a caption: {caption}", { caption });
    const parts = [icon("plus"), element("span", { text: caption, dir: "auto" }), grade && element("span", { class: "quiet", text: gradeName(grade) })];
    const made = element("li", {}, element("button", { type: "button", class: "suggestion", "aria-label": label, on: { click: accept } }, ...parts));
    return made;
  }
}
