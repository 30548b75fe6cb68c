/** A text box for a tag or an album: known names are suggested, and new ones are taken with Enter or its button. */

import { element, iconButton } from "../dom.js";
import { SuggestionList } from "../suggestion_list.js";
import { t } from "../texts.js";

const LONGEST = 100;

/** Emits `name` (detail: the name). */
export class NameInput extends EventTarget {
  /** @param {{label: string, known: () => Promise<{name: string, note?: string}[]>, sign?: "plus"|"minus"}} how known: names to suggest */
  constructor({ label, known, sign = "plus" }) {
    super();
    this.input = element("input", { type: "text", "aria-label": label, placeholder: label, maxlength: LONGEST, enterkeyhint: "done", dir: "auto" });
    const add = iconButton(sign, label, () => this.take(this.input.value));
    this.element = element("form", { class: "name-input" }, element("label", {}, this.input), add);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take(this.input.value);
    });
    this.list = new SuggestionList(this.input, { label: t("{label}: known ones", { label }), suggest: async (text) => like(await known(), text), opensEmpty: true });
    this.list.addEventListener("chosen", ({ detail }) => this.take(detail.value));
  }

  take(text) {
    const name = text.trim();
    if (!name) return this.input.focus();
    this.list.close();
    this.input.value = "";
    return this.dispatchEvent(new CustomEvent("name", { detail: name }));
  }
}

/** Names that hold a text, those that begin with it first. */
function like(names, text) {
  const wanted = text.toLowerCase();
  const found = names.filter(({ name }) => name.toLowerCase().includes(wanted));
  const begins = ({ name }) => name.toLowerCase().startsWith(wanted);
  return [...found.filter(begins), ...found.filter((one) => !begins(one))].map(({ name, note }) => ({ value: name, text: name, note }));
}
