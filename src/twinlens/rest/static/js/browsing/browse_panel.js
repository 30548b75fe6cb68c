/** The panel beside the photos to browse the library by: its values become filters of the search. */

import { byId } from "../dom.js";
import { given, isSilent } from "../server.js";
import { facetList } from "./facet_list.js";
import { loadFacets } from "./facets.js";
import { t } from "../texts.js";

const KEPT = "twinlens.browse"; // whether it is open, and which of its sections, in this browser
const NARROW = window.matchMedia("(width < 900px)"); // it covers the page there

/** Emits `choose` (detail: a filter, such as {tag: "kids"}, "" for none), `only` (detail: a filter, without all else) and `albums`. */
export class BrowsePanel extends EventTarget {
  constructor() {
    super();
    this.panel = byId("browse");
    this.button = byId("browse-button");
    this.filters = {};
    /** @type {?import("./facets.js").Facet[]} */
    this.facets = null;
    this.sections = new Set(["album", "tag", "person"]);
    this.twigs = new Set(); // open branches of folders and places
    byId("browse-close").addEventListener("click", () => this.toggle(false));
    byId("browse-albums").addEventListener("click", () => this.tell("albums"));
    byId("browse-favourites").addEventListener("click", () => this.only({ favourites: "true" }));
    byId("browse-today").addEventListener("click", () => this.only({ day: today() }));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // a selection stays
      this.toggle(false);
    });
    given.addEventListener("changed", () => this.forget());
    NARROW.addEventListener("change", () => this.cover());
    const kept = read();
    if (kept.sections) this.sections = new Set(kept.sections);
    if (kept.isOpen && !NARROW.matches) this.open(true); // filled once it is known what the key may do
  }

  toggle(isOpen = this.panel.hidden) {
    this.open(isOpen);
    this.keep();
    if (isOpen) this.load();
    (isOpen ? byId("browse-close") : this.button).focus();
  }

  open(isOpen) {
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.cover();
  }

  /** Where it covers the page, nothing else can be reached. */
  cover() {
    const isCovering = NARROW.matches && !this.panel.hidden;
    for (const one of [document.querySelector("main"), document.querySelector(".header")]) one.inert = isCovering;
    document.documentElement.classList.toggle("is-covered", isCovering);
  }

  /** Shows nothing but what passes a filter, or, if that is so already, the library. */
  only(wanted) {
    this.tell("only", this.isChosen(wanted) ? {} : wanted);
  }

  isChosen(wanted) {
    return Object.entries(wanted).every(([name, value]) => String(this.filters[name] ?? "") === value);
  }

  /** @param {import("../query.js").Query} query whose filters are marked */
  show({ filters }) {
    this.filters = filters;
    byId("browse-favourites").setAttribute("aria-pressed", String(this.isChosen({ favourites: "true" })));
    byId("browse-today").setAttribute("aria-pressed", String(this.isChosen({ day: today() })));
    if (this.facets) this.draw();
  }

  /** The library, or what was given to its photos, has changed. */
  forget() {
    if (!this.panel.hidden) this.load();
  }

  async load() {
    const asked = (this.asked = Symbol("facets"));
    try {
      const facets = await loadFacets();
      if (asked === this.asked) this.facets = facets;
    } catch (error) {
      if (!isSilent(error)) byId("browse-line").textContent = error.message;
    }
    if (this.facets) this.draw();
  }

  draw() {
    byId("browse-line").textContent = this.facets.length ? "" : t("Nothing to browse by yet.");
    const focused = this.panel.contains(document.activeElement) && keyOf(document.activeElement);
    const { scrollTop } = this.panel;
    byId("browse-body").replaceChildren(...this.facets.map((facet) => this.section(facet)));
    this.panel.scrollTop = scrollTop;
    if (focused) [...this.panel.querySelectorAll("button, summary")].find((one) => keyOf(one) === focused)?.focus({ preventScroll: true });
  }

  section(facet) {
    const choose = (value) => this.tell("choose", { [facet.filter]: value });
    const toggled = (isOpen) => {
      this.sections[isOpen ? "add" : "delete"](facet.filter);
      this.keep();
    };
    const chosen = this.filters[facet.filter] || null;
    return facetList(facet, { chosen, isOpen: this.sections.has(facet.filter) || Boolean(chosen), choose, twigs: this.twigs, toggled });
  }

  tell(name, detail) {
    if (NARROW.matches) this.toggle(false);
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ isOpen: !this.panel.hidden, sections: [...this.sections] }));
    } catch {
      return; // a browser may forbid it; the panel is closed next time
    }
  }
}

/** "06-21". */
function today() {
  const now = new Date();
  return [now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || {};
  } catch {
    return {}; // forbidden, or written by another release
  }
}

/** What tells a button from others, also after it was drawn again. */
function keyOf(one) {
  return `${one.closest("details")?.querySelector("summary .text")?.textContent} ${one.getAttribute("aria-label") || one.textContent}`;
}
