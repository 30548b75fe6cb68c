/** What the library was taught: words of one's own, opinions on searches, and lessons; all of it can be taken back. */

import { byId, element, icon, iconButton } from "../dom.js";
import { notice } from "../notices.js";
import { isSilent } from "../server.js";
import { t } from "../texts.js";
import { Lesson } from "./lesson.js";
import { taughtItem } from "./taught_item.js";
import { forgetOpinions, forgetWord, sayAgain, taught, teachWord } from "./teaching_calls.js";

/** Emits `open` (detail: id of a photo) and `search` (detail: words). */
export class TeachingView extends EventTarget {
  constructor() {
    super();
    this.words = element("ul", { class: "taught-list", "aria-label": t("Words of your own") });
    this.opinions = element("ul", { class: "taught-list", "aria-label": t("What you said of searches") });
    this.noWords = element("p", { class: "quiet", text: t("None yet. Select about five photos of somebody or something that only you can name, choose Organise, and teach the word there.") });
    this.noOpinions = element("p", { class: "quiet", text: t("None yet. The thumbs in an open photo say whether it fits the search that found it.") });
    this.lesson = new Lesson();
    this.dialog = element(
      "dialog",
      { class: "panel whole teaching", "aria-labelledby": "teaching-title" },
      element("header", {}, element("h2", { id: "teaching-title", text: t("Teaching") }), iconButton("close", t("Close"), () => this.dialog.close())),
      element(
        "div",
        { class: "panel-body", tabindex: "-1" },
        element("h3", { text: t("Words of your own") }),
        this.noWords,
        this.words,
        element("h3", { text: t("What you said of searches") }),
        this.noOpinions,
        this.opinions,
        this.lesson.element,
      ),
    );
    document.body.append(this.dialog);
    byId("reindex").after(element("button", { type: "button", class: "plain", on: { click: () => this.open() } }, icon("tag"), t("Teaching")));
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
    return this.draw();
  }

  async draw() {
    let said;
    let hasLesson;
    try {
      ({ said, hasLesson } = await taught());
    } catch (error) {
      if (!isSilent(error)) notice(error.message);
      return;
    }
    this.lesson.showUndo(hasLesson);
    for (const [list, none, kind] of [[this.words, this.noWords, "word"], [this.opinions, this.noOpinions, "query"]]) {
      const items = said.filter((one) => one.kind === kind);
      none.hidden = items.length > 0;
      list.replaceChildren(...items.map((one) => taughtItem(one, this.actions)));
    }
  }

  get actions() {
    const tell = (name) => (detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
    return { open: tell("open"), search: (words) => (this.dialog.close(), tell("search")(words)), forget: (one) => this.forget(one) };
  }

  async forget(one) {
    const isWord = one.kind === "word";
    if (!(await (isWord ? forgetWord : forgetOpinions)(one.subject))) return;
    await this.draw();
    this.dialog.querySelector(".panel-body").focus();
    const act = async () => {
      await (isWord ? teachWord : sayAgain)(one.subject, one);
      await this.draw();
    };
    notice(t("Forgotten: “{subject}”.", one), { label: t("Undo"), act });
  }
}
