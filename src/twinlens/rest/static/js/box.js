/** The search box: text, terms as chips with + and −, and pictures from a file, the clipboard or a drop. */

import { byId } from "./dom.js";
import { Part } from "./late.js";
import { MOST_PICTURES } from "./query.js";
import { SuggestionList } from "./suggestion_list.js";
import { t } from "./texts.js";

const chips = new Part(() => import("./term_chip.js"), undefined, { near: "#box" });
const suggested = new Part(() => import("./suggested.js"));

/** None where they do not come: a search works without. */
async function suggest(text) {
  return (await suggested.use(({ suggestionsFor }) => suggestionsFor(text), { isAsked: false })) ?? [];
}

/** Emits `change` (detail: {words, terms, isTyping}), `again` (detail: hash of a recent search), `pictures` (detail: chosen files) and `leave` (focus moves to the results). */
export class Box extends EventTarget {
  constructor() {
    super();
    this.input = byId("words");
    this.chips = byId("chips");
    this.file = byId("file");
    this.terms = [];
    this.suggestions = new SuggestionList(this.input, { label: t("Suggestions"), suggest }); // its keys come first
    this.suggestions.addEventListener("chosen", ({ detail }) => this.take(detail.value));
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    byId("box").addEventListener("submit", (event) => {
      event.preventDefault();
      this.tell(false);
    });
    byId("keep").addEventListener("click", () => this.keepWords());
    byId("clear").addEventListener("click", () => this.clear());
    byId("choose").addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => {
      this.dispatchEvent(new CustomEvent("pictures", { detail: [...this.file.files] }));
      this.file.value = "";
    });
  }

  /** Shows a query, unless it is the one being typed. @param {import("./query.js").Query} query */
  show(query) {
    if (this.input.value.trim() !== query.words) this.input.value = query.words;
    this.terms = query.terms;
    this.draw();
  }

  /** @param {import("./query.js").Term[]} terms */
  add(terms) {
    if (picturesOf(terms).length > this.room) return false;
    const isThere = (term) => this.terms.some((one) => one.kind === "photo" && one.value === term.value && one.region === term.region);
    this.terms = [...this.terms, ...terms.filter((term) => !isThere(term))];
    this.draw();
    this.tell(false);
    return true;
  }

  /** Adds uploaded pictures, up to the limit. @param {File[]} files @returns {boolean} whether all were added */
  addPictures(files) {
    const terms = files
      .slice(0, this.room)
      .map((file) => ({ kind: "upload", value: file.name || t("picture"), sign: 1, file, preview: URL.createObjectURL(file) }));
    if (terms.length) this.add(terms);
    return terms.length === files.length;
  }

  /** Number of pictures that can still be added. */
  get room() {
    return MOST_PICTURES - picturesOf(this.terms).length;
  }

  /** Searches for what was suggested. @param {{hash?: string, query?: string}} suggested */
  take({ hash, query }) {
    if (hash !== undefined) {
      this.dispatchEvent(new CustomEvent("again", { detail: hash }));
      return;
    }
    this.input.value = query;
    this.drawButtons();
    this.tell(false);
  }

  keepWords() {
    const words = this.input.value.trim();
    if (!words) return;
    this.input.value = "";
    this.add([{ kind: "words", value: words, sign: 1 }]);
    this.input.focus();
  }

  clear() {
    this.input.value = "";
    this.terms = [];
    this.draw();
    this.tell(false);
    this.input.focus();
  }

  onInput() {
    this.drawButtons();
    this.tell(true);
  }

  onKey(event) {
    if (event.key === "Backspace" && !this.input.value && this.terms.length) {
      this.terms = this.terms.slice(0, -1);
      this.draw();
      this.tell(false);
    } else if (event.key === "Escape") {
      if (this.input.value || this.terms.length) this.clear();
      else this.input.blur();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.dispatchEvent(new Event("leave"));
    }
  }

  draw() {
    if (!this.terms.length) this.chips.replaceChildren();
    else chips.use(() => this.drawChips());
    this.drawButtons();
  }

  drawChips() {
    this.chips.replaceChildren(...this.terms.map((term) => this.chip(term)));
  }

  drawButtons() {
    byId("keep").hidden = !this.input.value.trim();
    byId("clear").hidden = !this.input.value && !this.terms.length;
  }

  chip(term) {
    const turn = () => this.replace(term, { ...term, sign: -term.sign });
    return chips.made.termChip(term, { turn, remove: () => this.replace(term, null) });
  }

  replace(term, other) {
    this.terms = this.terms.flatMap((one) => (one !== term ? [one] : other ? [other] : []));
    this.draw();
    this.tell(false);
    this.input.focus();
  }

  tell(isTyping) {
    const detail = { words: this.input.value, terms: this.terms, isTyping };
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

function picturesOf(terms) {
  return terms.filter((term) => term.kind !== "words");
}
