/**
 * Suggestions below an input, for arrow keys, pointers and screen readers (an ARIA combobox).
 *
 * @typedef {{value: string, text: string, note?: ?string, icon?: ?string}} Suggestion value: for whoever listens; note: shown at its end
 */

import { element, icon } from "./dom.js";
import { isFromRight, t } from "./texts.js";

const MOST = 100; // more are found by typing
const LEAST_PX = 200; // with less room below, they stand above if there is more
let number = 0;

/** Emits `chosen` (detail: the suggestion). */
export class SuggestionList extends EventTarget {
  /**
   * @param {HTMLInputElement} input
   * @param {{label: string, suggest: (text: string) => Suggestion[] | Promise<Suggestion[]>, opensEmpty?: boolean}} how
   *   opensEmpty: also when the input is entered, with whatever it suggests then
   */
  constructor(input, { label, suggest, opensEmpty = false }) {
    super();
    this.input = input;
    this.suggest = suggest;
    this.shown = [];
    this.active = -1;
    this.id = `suggestions-${(number += 1)}`;
    this.list = element("ul", { id: this.id, class: "suggestion-list", role: "listbox", "aria-label": label, popover: "manual" });
    const attributes = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.id };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    input.addEventListener("input", () => this.open());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.close());
    if (opensEmpty) input.addEventListener("click", () => this.open());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the keyboard
    this.list.addEventListener("click", ({ target }) => this.choose(Number(target.closest("li")?.dataset.index ?? -1)));
    window.addEventListener("resize", () => this.close());
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  async open() {
    const asked = (this.asked = Symbol("open"));
    const found = await this.suggest(this.input.value.trim());
    if (asked !== this.asked || document.activeElement !== this.input) return;
    if (!found.length) {
      this.close();
      return;
    }
    this.shown = found.slice(0, MOST);
    this.draw(found.length - this.shown.length);
    if (!this.list.isConnected) this.input.closest("form, [role='form']").append(this.list);
    this.list.style.cssText = placeOf((this.input.closest(".box, label") || this.input).getBoundingClientRect());
    if (!this.isOpen) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
    this.mark(-1);
  }

  close() {
    this.asked = null;
    if (!this.isOpen) return;
    this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  draw(left) {
    const options = this.shown.map(({ text, note, icon: drawing }, index) =>
      element(
        "li",
        { id: `${this.id}-${index}`, role: "option", "aria-selected": "false", "data-index": index },
        drawing && icon(drawing),
        element("span", { class: "text", dir: "auto", text }),
        note && element("span", { class: "quiet", text: note }),
      ),
    );
    const more = left > 0 && element("li", { class: "quiet", role: "presentation", text: t("and {count} more: type to find them", { count: left }) });
    this.list.replaceChildren(...options, ...(more ? [more] : []));
    this.list.scrollTop = 0;
  }

  mark(index) {
    this.active = index;
    for (const [place, option] of [...this.list.querySelectorAll("[role='option']")].entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) option.scrollIntoView({ block: "nearest" });
    }
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.id}-${index}`);
  }

  choose(index) {
    const chosen = this.shown[index];
    if (!chosen) return;
    this.close();
    this.dispatchEvent(new CustomEvent("chosen", { detail: chosen }));
  }

  /** Keys that mean the list do not reach the input's other listeners. */
  onKey(event) {
    if (!this.isOpen || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const last = this.shown.length - 1;
    if (event.key === "ArrowDown" && this.active < last) this.mark(this.active + 1);
    else if (event.key === "ArrowUp" && this.active >= 0) this.mark(this.active - 1);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else {
      if (event.key === "Enter" || event.key === "ArrowDown") this.close(); // whoever listens next acts on what is typed
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    event.stopPropagation();
  }
}

/** Below an input, or above it. @param {DOMRect} box */
function placeOf({ left, right, top, bottom, width }) {
  const below = window.innerHeight - bottom;
  const isAbove = below < LEAST_PX && top > below;
  const side = isAbove ? `top: auto; bottom: ${window.innerHeight - top + 4}px` : `top: ${bottom + 4}px`;
  const start = isFromRight ? `right: ${window.innerWidth - right}px; left: auto` : `left: ${left}px`;
  return `${start}; min-width: ${width}px; max-height: min(420px, ${(isAbove ? top : below) - 12}px); ${side}`;
}
