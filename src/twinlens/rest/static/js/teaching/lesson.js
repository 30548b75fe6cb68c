/** A lesson from all captions and opinions: learn, what it was worth before and after, undo. */

import { element } from "../dom.js";
import { notice } from "../notices.js";
import { isSilent, said } from "../server.js";
import { t } from "../texts.js";
import { learn, taught, undoLesson } from "./teaching_calls.js";

export class Lesson {
  constructor() {
    const button = (text, click) => element("button", { type: "button", class: "plain", text, on: { click } });
    this.button = button(t("Learn from captions and opinions"), () => this.learn());
    this.undoButton = button(t("Undo the last lesson"), () => this.undo());
    this.showUndo(false);
    this.result = element("div", { role: "status" });
    this.element = element(
      "section",
      { "aria-label": t("A lesson") },
      element("h3", { text: t("A lesson") }),
      element("p", { class: "quiet", text: t("The model is adapted to your captions and opinions; your photos stay as they are. It is kept only if photos that were held out are found better beyond chance.") }),
      element("p", { class: "row-of-buttons lesson-buttons" }, this.button, this.undoButton),
      this.result,
    );
  }

  /** Asks whether there is a lesson left; the one before the last comes back when that is undone. */
  async look() {
    try {
      this.showUndo((await taught()).hasLesson);
    } catch (error) {
      if (!isSilent(error)) notice(error.message);
    }
  }

  /** @param {boolean} hasLesson whether one can be undone */
  showUndo(hasLesson) {
    if (!hasLesson && this.undoButton === document.activeElement) this.button.focus();
    this.undoButton.hidden = !hasLesson;
  }

  async learn() {
    this.button.disabled = true;
    this.result.textContent = t("Learning; no photo is read…");
    const answer = await learn();
    this.button.disabled = false;
    if (answer?.lesson.is_kept) this.showUndo(true);
    this.result.replaceChildren(...(answer ? [element("p", { text: await said(answer.told) }), table(answer.lesson.held_out)] : []));
  }

  async undo() {
    const answer = await undoLesson();
    if (!answer) return;
    this.result.replaceChildren();
    await this.look();
    notice(answer.undone ? t("The last lesson is undone.") : t("There is no lesson to undo."));
  }
}

/** Each measure before and after, with the 95 % interval of the difference. @param {object} worth */
function table(worth) {
  const cell = (text) => element("td", { text });
  const row = ([key, name]) => {
    const { before, after, low, high } = worth[key];
    const difference = `${signed(after - before)} [${signed(low)}, ${signed(high)}]`;
    return element("tr", {}, element("th", { scope: "row", text: name }), cell(before.toFixed(3)), cell(after.toFixed(3)), cell(difference));
  };
  const head = [t("Measure"), t("Before"), t("After"), t("Difference, 95 % interval")].map((text) => element("th", { scope: "col", text }));
  const names = { recall_at_10: "R@10", mrr: "MRR", caption_mrr: t("MRR, from photos to texts") };
  const rows = Object.entries(names).filter(([key]) => worth[key]);
  return element("table", { class: "figures" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows.map(row)));
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
