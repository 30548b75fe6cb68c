/** The captions of the photo in the viewer, edited in place. */

import { element, iconButton } from "../dom.js";
import { notice } from "../notices.js";
import { may } from "../permissions.js";
import { caption, uncaption } from "./given.js";
import { t } from "../texts.js";
import { SuggestedCaptions } from "./suggested_captions.js";

const LONGEST = 2000;

/** Emits `change` (detail: the id of a photo, and the caption by which it is called; null for none). */
export class Captions extends EventTarget {
  constructor() {
    super();
    this.element = element("section", { class: "photo-captions", "aria-label": t("Captions") });
    this.suggested = new SuggestedCaptions();
    this.suggested.addEventListener("caption", ({ detail }) => this.save("", detail));
  }

  /** @param {object} facts from `GET /api/photo/…` */
  show(facts) {
    const isSame = this.facts?.image_id === facts.image_id;
    this.facts = facts;
    this.suggested.show(facts.image_id);
    if (!isSame || !this.isBeingWritten) this.draw(); // the server may be back, and somebody still writes
  }

  get isBeingWritten() {
    return Boolean(this.element.querySelector(".caption-editor")?.contains(document.activeElement));
  }

  draw() {
    const { captions } = this.facts;
    this.element.hidden = !captions.length && !may("curate");
    const add = element("button", { type: "button", class: "plain", text: t("Add a caption"), on: { click: () => add.replaceWith(this.editor("")) } });
    this.element.replaceChildren(
      element("h3", { text: t("Captions") }),
      ...(captions.length ? [element("ul", { class: "captions" }, ...captions.map((text) => this.line(text)))] : []),
      ...(may("curate") ? [add, this.suggested.element] : []),
    );
  }

  line(text) {
    const made = element("li", {}, element("span", { text, dir: "auto" }));
    const edit = iconButton("edit", t("Change the caption: {text}", { text }), () => made.replaceChildren(this.editor(text)));
    if (may("curate")) made.append(edit);
    return made;
  }

  /** A form for a caption; @param {string} text that it has, "" for a new one */
  editor(text) {
    const box = element("textarea", { "aria-label": t("Caption"), rows: "3", maxlength: LONGEST, dir: "auto", value: text });
    const button = (label, click) => element("button", { type: "button", class: "plain", text: label, on: { click } });
    const save = () => this.save(text, box.value.trim());
    const made = element(
      "form",
      { class: "caption-editor" },
      box,
      element("p", { class: "row-of-buttons" }, button(t("Save"), save), text && button(t("Remove"), () => this.remove(text)), button(t("Cancel"), () => this.leave())),
    );
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
      else if (event.key === "Escape") this.leave();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    queueMicrotask(() => box.focus());
    return made;
  }

  async save(before, text) {
    if (!text && before) return this.remove(before);
    if (text && text !== before) return this.take(await caption(this.facts.image_id, text, before || null));
    return this.leave();
  }

  async remove(text) {
    const { image_id: id } = this.facts;
    const answer = await uncaption(id, text);
    this.take(answer);
    if (answer) notice(t("Removed the caption."), { label: t("Undo"), act: async () => this.take(await caption(id, text, null)) });
  }

  /** Shows what the server has now; null: it refused, and the text stays in its box. */
  take(answer) {
    if (!answer) return;
    const { image_id: id, caption: name } = answer;
    this.dispatchEvent(new CustomEvent("change", { detail: { id, caption: name } }));
    if (id !== this.facts.image_id) return; // another photo is open by now
    this.facts.captions = answer.captions;
    this.leave();
  }

  leave() {
    this.draw();
    this.element.querySelector(":scope > .plain")?.focus(); // the form is gone
  }
}
