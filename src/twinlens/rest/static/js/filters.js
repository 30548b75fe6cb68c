/** The bar of filters: dates, folder, camera, favourites, order. */

import { byId, element } from "./dom.js";
import { ask } from "./server.js";
import { filterCount, NO_FILTERS } from "./query.js";
import { numberOf } from "./facts.js";

const NAMES = ["after", "before", "folder", "camera"];
const FIRST_YEAR = "1000"; // while somebody types 2022 it is the year 0002, 0020 and 0202

/** Tells of `change` (detail: {filters, sort, isTyping}); `isTyping`: a date, more of which may follow. */
export class FilterBar extends EventTarget {
  constructor() {
    super();
    this.bar = byId("filters");
    this.button = byId("filters-button");
    this.button.addEventListener("click", () => this.toggle(this.bar.hidden));
    this.filters = NO_FILTERS;
    this.count = 0;
    this.bar.addEventListener("change", (event) => this.onChange(event.target));
    this.bar.addEventListener("focusout", (event) => this.onLeave(event.target));
    this.bar.addEventListener("keydown", (event) => event.key === "Escape" && this.onEscape(event));
    this.bar.addEventListener("submit", (event) => event.preventDefault());
    byId("favourites").addEventListener("click", () => this.press(byId("favourites").getAttribute("aria-pressed") !== "true"));
    byId("no-filters").addEventListener("click", () => this.clear());
  }

  toggle(isOpen) {
    this.bar.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.fill();
  }

  /** @param {import("./query.js").Query} query */
  show(query) {
    this.filters = query.filters;
    for (const name of NAMES) this.set(byId(name), query.filters[name]);
    byId("sort").value = query.sort;
    byId("favourites").setAttribute("aria-pressed", String(query.filters.favourites));
    const count = filterCount(query);
    this.button.classList.toggle("is-on", count > 0);
    this.button.setAttribute("aria-label", count ? `Filters, ${count} in use` : "Filters");
    byId("no-filters").hidden = !count;
    if (count && !this.count && this.bar.hidden) this.toggle(true);
    this.count = count;
  }

  /** Reads what there is to choose from; again after the library has changed. */
  async fill() {
    if (this.isFilled) return;
    this.isFilled = true;
    try {
      const card = await ask("/api/collection");
      this.options(byId("folder"), withParents(card.folders));
      this.options(byId("camera"), card.cameras);
    } catch {
      this.isFilled = false; // the banner says that the server is away; the next opening asks again
    }
  }

  forget() {
    this.isFilled = false;
    if (!this.bar.hidden) this.fill();
  }

  options(select, counts) {
    const chosen = select.value;
    const made = counts.map(({ name, images }) => element("option", { value: name, text: `${name} (${numberOf(images)})` }));
    select.replaceChildren(select.options[0], ...made);
    this.set(select, chosen);
  }

  set(input, value) {
    const isUnknown = input.tagName === "SELECT" && value && ![...input.options].some((one) => one.value === value);
    if (isUnknown) input.append(element("option", { value, text: value }));
    if (input.value !== value) input.value = value;
  }

  onChange(input) {
    if (isUnfinished(input)) return;
    this.tell(this.chosen(), { isTyping: input.type === "date" });
  }

  onLeave(input) {
    if (isUnfinished(input)) this.set(input, this.filters[input.id]);
  }

  onEscape(event) {
    event.stopPropagation();
    this.toggle(false);
    this.button.focus();
  }

  press(isPressed) {
    byId("favourites").setAttribute("aria-pressed", String(isPressed));
    this.tell(this.chosen());
  }

  clear() {
    this.tell(NO_FILTERS);
    this.button.focus(); // the one that was pressed is gone
  }

  /** @returns {import("./query.js").Filters} */
  chosen() {
    const valueOf = (name) => (isUnfinished(byId(name)) ? this.filters[name] : byId(name).value);
    const isPressed = byId("favourites").getAttribute("aria-pressed") === "true";
    return { ...Object.fromEntries(NAMES.map((name) => [name, valueOf(name)])), favourites: isPressed };
  }

  tell(filters, { isTyping = false } = {}) {
    const detail = { filters, sort: byId("sort").value, isTyping };
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

/** True for a date whose year is still being typed. */
function isUnfinished(input) {
  return input.type === "date" && input.value !== "" && input.value < FIRST_YEAR;
}

/** Folders with the folders that hold them, so that a whole branch can be chosen. */
function withParents(folders) {
  const counts = new Map();
  for (const { name, images } of folders) {
    const parts = name.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = parts.slice(0, depth).join("/");
      counts.set(path, (counts.get(path) || 0) + images);
    }
  }
  return [...counts].sort(([one], [other]) => one.localeCompare(other)).map(([name, images]) => ({ name, images }));
}
