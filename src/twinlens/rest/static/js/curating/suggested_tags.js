/** Tags that fit the photo in the viewer, with how sure that is; asked for once, then shown for every photo of this window. */

import { element, icon } from "../dom.js";
import { gradeName } from "../grades.js";
import { ask, isSilent } from "../server.js";
import { t } from "../texts.js";

/** Emits `tag` (detail: the tag that was accepted). */
export class SuggestedTags extends EventTarget {
  /** @param {import("../viewer.js").Viewer} viewer */
  constructor(viewer) {
    super();
    this.viewer = viewer;
    this.isWanted = false;
    /** @type {?{id: string, tags: {tag: string, grade: string}[]}} */
    this.found = null;
    this.button = element("button", { type: "button", class: "plain", text: t("Suggest tags"), on: { click: () => this.want() } });
    this.list = element("ul", { class: "given-names", "aria-label": t("Suggested tags") });
    this.line = element("p", { class: "quiet", role: "status" });
    this.element = element("div", { class: "suggested-tags" }, this.button, this.list, this.line);
  }

  want() {
    this.isWanted = true;
    this.list.tabIndex = -1;
    this.list.focus(); // the pressed button goes
    this.show(this.has);
  }

  /** @param {string[]} has tags of the photo */
  async show(has) {
    this.has = has;
    this.button.hidden = this.isWanted;
    if (!this.isWanted) return;
    const { id } = this.viewer;
    if (this.found?.id !== id) {
      this.draw([], t("Looking for tags that fit; the first time takes up to a minute…"));
      try {
        const { suggested } = await ask(`api/image/${encodeURIComponent(id)}/tags?min_grade=possible&top_k=8`);
        this.found = { id, tags: suggested };
      } catch (error) {
        this.draw([], isSilent(error) ? "" : error.message);
        return;
      }
    }
    if (id !== this.viewer.id) return;
    const known = new Set(this.has.map((one) => one.toLowerCase()));
    const left = this.found.tags.filter((one) => !known.has(one.tag.toLowerCase()));
    this.draw(left, left.length ? "" : t("No other tag fits this photo."));
  }

  draw(tags, line) {
    this.line.textContent = line;
    this.list.replaceChildren(
      ...tags.map(({ tag, grade }) => {
        const accept = () => this.dispatchEvent(new CustomEvent("tag", { detail: tag }));
        const label = t("Add the tag {tag}, {grade}", { tag, grade: gradeName(grade) });
        return element(
          "li",
          {},
          element("button", { type: "button", class: "suggestion", "aria-label": label, on: { click: accept } }, icon("plus"), element("span", { text: tag, dir: "auto" }), element("span", { class: "quiet", text: gradeName(grade) })),
        );
      }),
    );
  }
}
