/** The filter bar, generated from the server's list, and the sort order. */

import { Control } from "./control.js";
import { byId } from "./dom.js";
import { knownFilters } from "./known_filters.js";
import { filterCount, NO_FILTERS, NOTHING } from "./query.js";
import { ask, connection } from "./server.js";
import { t } from "./texts.js";

/** Emits `change` (detail: {filters, sort, isTyping}); `isTyping`: a date that may be incomplete. */
export class FilterBar extends EventTarget {
  constructor() {
    super();
    this.bar = byId("filters");
    this.button = byId("filters-button");
    /** @type {Control[]} */
    this.controls = [];
    this.query = NOTHING;
    this.isUsed = false; // an input has a value
    this.bar.addEventListener("change", (event) => this.onChange(event.target));
    this.bar.addEventListener("focusout", (event) => this.onLeave(event.target));
    this.bar.addEventListener("keydown", (event) => event.key === "Escape" && this.onEscape(event));
    byId("no-filters").addEventListener("click", () => this.clear());
    connection.addEventListener("back", () => this.draw());
  }

  /** Draws the filters once the server's list has arrived; until then there is only the sort order. */
  async draw() {
    const known = await knownFilters().catch(() => []); // other parts of the page show that the server is away or requires a key
    if (this.controls.length) return;
    this.controls = known.filter((filter) => filter.has_input !== false).map((filter) => new Control(filter));
    this.bar.prepend(...this.controls.map((control) => control.element));
    this.show(this.query);
    if (!this.bar.hidden) this.fill();
  }

  toggle(isOpen = this.bar.hidden) {
    this.bar.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.fill();
  }

  /** @param {import("./query.js").Query} query */
  show(query) {
    this.query = query;
    for (const control of this.controls) control.show(query.filters[control.name] || "");
    byId("sort").value = query.sort;
    const count = filterCount(query);
    this.button.classList.toggle("is-on", count > 0);
    this.button.setAttribute("aria-label", count ? t("Filters, {count} in use", { count }) : t("Filters"));
    byId("no-filters").hidden = !count;
    const isUsed = this.controls.some(({ value }) => value);
    if (isUsed && !this.isUsed && this.bar.hidden) this.toggle(true);
    this.isUsed = isUsed;
  }

  /** Loads the values to choose from; again after the library has changed. */
  async fill() {
    const lists = this.controls.filter((control) => control.holdings);
    if (this.isFilled || !lists.length) return;
    this.isFilled = true;
    try {
      const library = await ask("api/collection");
      for (const control of lists) control.fill(library);
    } catch {
      this.isFilled = false; // a banner shows that the server is away; tries again when opened next
    }
  }

  forget() {
    this.isFilled = false;
    if (!this.bar.hidden) this.fill();
  }

  onChange(input) {
    const control = this.controlOf(input);
    if (control?.isUnfinished) return;
    const chosen = control ? { [control.name]: control.value } : {}; // none if the sort order was changed
    this.tell({ ...this.query.filters, ...chosen }, { isTyping: Boolean(control?.isDate) });
  }

  onLeave(input) {
    const control = this.controlOf(input);
    if (control?.isUnfinished) control.show(this.query.filters[control.name] || "");
  }

  onEscape(event) {
    event.stopPropagation();
    this.toggle(false);
    this.button.focus();
  }

  clear() {
    this.tell(NO_FILTERS);
    this.button.focus(); // the pressed button is gone
  }

  /** @returns {Control|undefined} */
  controlOf(input) {
    return this.controls.find((control) => control.input === input);
  }

  tell(filters, { isTyping = false } = {}) {
    const detail = { filters, sort: byId("sort").value, isTyping };
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}
