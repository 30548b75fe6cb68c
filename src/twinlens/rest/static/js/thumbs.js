/** Thumbs up and down in the viewer: whether a photo fits the words that it was searched by. */

import { byId } from "./dom.js";
import { notice } from "./notices.js";
import { may, whyNot } from "./permissions.js";
import { ask, isSilent } from "./server.js";
import { t } from "./texts.js";

const TOLD = {
  good: t("Noted: more like this. The results follow when you close the photo."),
  bad: t("Noted: this photo is left out. The results follow when you close the photo."),
  none: t("Forgotten what you said of this photo."),
};

/** Follows a viewer; what was said in this window is shown as pressed. */
export class Thumbs {
  /** @param {import("./viewer.js").Viewer} viewer @param {() => ?string} words that photos were searched by */
  constructor(viewer, words) {
    this.viewer = viewer;
    this.words = words;
    this.said = new Map(); // words and id → "good" or "bad"
    this.isNew = false; // something was said since the results were asked for
    for (const opinion of ["good", "bad"]) byId(`viewer-${opinion}`).addEventListener("click", () => this.say(opinion));
    viewer.addEventListener("show", () => this.refresh());
  }

  refresh() {
    const said = this.said.get(this.key(this.words(), this.viewer.id));
    for (const opinion of ["good", "bad"]) {
      const button = byId(`viewer-${opinion}`);
      button.hidden = !this.words();
      button.setAttribute("aria-pressed", String(said === opinion));
    }
  }

  /** Says it, or takes it back if it was said. @param {"good"|"bad"} opinion */
  async say(opinion) {
    const { id } = this.viewer;
    const words = this.words();
    if (!words || !id) return;
    if (!may("curate")) {
      notice(whyNot("curate"));
      return;
    }
    const key = this.key(words, id);
    const isTaken = this.said.get(key) === opinion;
    try {
      await ask("api/feedback", { json: { query: words, [opinion]: [id], forget: isTaken } });
    } catch (error) {
      if (!isSilent(error)) notice(error.message);
      return;
    }
    if (isTaken) this.said.delete(key);
    else this.said.set(key, opinion);
    this.isNew = true;
    this.refresh();
    notice(TOLD[isTaken ? "none" : opinion]);
  }

  /** Whether the results are to be asked for again, because of what was said since this was asked. */
  takeNew() {
    const { isNew } = this;
    this.isNew = false;
    return isNew;
  }

  key(words, id) {
    return JSON.stringify([words, id]);
  }
}
