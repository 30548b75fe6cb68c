/** The time line beside the library: shows where one is, and leads to any month at once. A slider for keys and screen readers. */

import { byId, element } from "../dom.js";
import { countOf, monthOf, NO_DATE } from "../facts.js";
import { filterFields } from "../known_filters.js";
import { ask, Failure, isSilent } from "../server.js";
import { labelled, spansOf } from "./months.js";

const IN_VIEW = 40; // photos that a window shows: months may share a row, and the last ones never reach the top
const REST_MS = 250; // after the last key
const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1, PageDown: 12, PageUp: -12, Home: -Infinity, End: Infinity };

/** Emits `jump` (detail: how many photos come before the month). */
export class Timeline extends EventTarget {
  constructor() {
    super();
    this.root = byId("timeline");
    this.years = element("div", { class: "timeline-years", "aria-hidden": "true" });
    this.bubble = element("span", { class: "timeline-bubble", "aria-hidden": "true" });
    this.handle = element("span", { class: "timeline-handle" }, this.bubble);
    this.root.append(this.years, this.handle);
    /** @type {import("./months.js").Span[]} */
    this.spans = [];
    this.at = 0;
    this.isByKey = false;
    for (const name of ["wheel", "touchmove"]) window.addEventListener(name, () => (this.isByKey = false), { passive: true });
    this.root.addEventListener("pointerdown", (event) => this.onDown(event));
    this.root.addEventListener("pointermove", (event) => this.onMove(event));
    this.root.addEventListener("pointerup", () => this.onUp());
    this.root.addEventListener("pointercancel", () => this.release());
    this.root.addEventListener("pointerleave", () => this.isHeld || this.place(this.at));
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.drawYears()).observe(this.root);
  }

  /**
   * For results that are shown: counts their months.
   * @param {import("../search.js").Results} results
   * @param {boolean} isWanted whether they have a time line, if there are months enough
   */
  async show({ query, total }, isWanted) {
    const wanted = isWanted ? query : null;
    if (wanted && this.query === wanted) return;
    this.query = wanted;
    const counted = wanted && (await this.counted(wanted));
    if (this.query !== wanted) return;
    this.spans = counted ? spansOf(counted, wanted.sort === "oldest") : [];
    this.total = total;
    this.root.hidden = this.spans.length < 2;
    document.documentElement.classList.toggle("has-timeline", !this.root.hidden);
    if (this.root.hidden) return;
    this.root.setAttribute("aria-valuemax", String(this.spans.length - 1));
    this.drawYears();
    this.place(0);
  }

  /** The library has changed. */
  forget() {
    this.query = null;
  }

  async counted(query) {
    try {
      return await ask(`api/months?${new URLSearchParams(await filterFields(query.filters))}`);
    } catch (error) {
      if (isSilent(error) || error instanceof Failure) return null; // what is wrong is told by the search
      throw error;
    }
  }

  /** The photo at the top of the window. @param {number} number how many come before it */
  follow(number) {
    if (this.root.hidden || this.isHeld || this.resting) return;
    const ahead = (this.spans[this.at]?.first ?? 0) - number;
    if (this.isByKey && ahead >= 0 && ahead < IN_VIEW) return; // the month that a key chose
    this.place(this.spanOf(number));
  }

  spanOf(number) {
    const after = this.spans.findIndex(({ first }) => first > number);
    return after < 0 ? this.spans.length - 1 : Math.max(0, after - 1);
  }

  place(index) {
    this.at = index;
    const span = this.spans[index];
    if (!span) return;
    const text = span.month ? monthOf(`${span.month}-01T00:00:00`) : NO_DATE;
    this.handle.style.top = `${(100 * span.first) / this.total}%`;
    this.bubble.textContent = text;
    this.root.setAttribute("aria-valuenow", String(index));
    this.root.setAttribute("aria-valuetext", `${text}, ${countOf(span.images)}`);
  }

  drawYears() {
    const height = this.root.clientHeight;
    const made = labelled(this.spans, this.total, height).map(({ year, top }) => {
      const label = element("span", { text: year });
      label.style.top = `${top}px`;
      return label;
    });
    this.years.replaceChildren(...made);
  }

  onDown(event) {
    this.isHeld = true;
    this.isByKey = false;
    this.root.setPointerCapture(event.pointerId);
    this.root.classList.add("is-held");
    this.onMove(event);
  }

  onMove(event) {
    if (!this.isHeld && event.pointerType === "touch") return;
    const { top, height } = this.root.getBoundingClientRect();
    const share = Math.min(0.9999, Math.max(0, (event.clientY - top) / height));
    const index = this.spanOf(Math.floor(share * this.total));
    if (this.isHeld) this.place(index);
    else this.root.title = this.spans[index]?.month ? monthOf(`${this.spans[index].month}-01T00:00:00`) : NO_DATE;
  }

  onUp() {
    if (!this.isHeld) return;
    this.release();
    this.jump();
  }

  release() {
    this.isHeld = false;
    this.root.classList.remove("is-held");
  }

  onKey(event) {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.isByKey = true;
    this.place(Math.min(this.spans.length - 1, Math.max(0, this.at + step)));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.resting = 0;
      this.jump();
    }, REST_MS);
  }

  jump() {
    this.dispatchEvent(new CustomEvent("jump", { detail: this.spans[this.at].first }));
  }
}
