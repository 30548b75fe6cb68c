/** Shows results: status line and grid, with "no sure match" above it where that is so. */

import { byId } from "./dom.js";
import { asks, filterCount, fromHash, inWords, NO_FILTERS, NOTHING, toHash } from "./query.js";
import { isNothing, showEmpty, showUnsure, statusOf, titles } from "./outcome.js";
import { remember } from "./recent.js";
import { showStart } from "./start.js";
import { offerCorrection } from "./wording.js";

const STAYED_MS = 1500;

/** Emits `ask` (detail: a query) and `stayed` (the user looked at these results). */
export class ResultsView extends EventTarget {
  /** @param {import("./grid.js").Grid} grid */
  constructor(grid) {
    super();
    this.grid = grid;
    this.timer = 0;
    this.offer(NOTHING);
    byId("all-photos").addEventListener("click", () => this.tell("ask", NOTHING));
  }

  /** @param {import("./search.js").Results} results */
  show(results) {
    byId("all-photos").hidden = !results.title;
    offerCorrection(results, (words) => this.tell("ask", { ...results.query, words }));
    if (!results.photos.length) return this.showNone(results);
    const isStart = !asks(results.query) && !filterCount(results.query) && !results.title;
    byId("nothing").hidden = !isNothing(results);
    if (isNothing(results)) showUnsure(results, this.actions(results));
    byId("start").hidden = !isStart;
    if (isStart) this.offer(results.query);
    byId("grid").hidden = false;
    if (window.scrollY > this.grid.top()) window.scrollTo({ top: 0 });
    this.grid.show(results, titles(results));
    this.say(statusOf(results));
    return this.rememberSoon(results);
  }

  /** More results have arrived. @param {import("./search.js").Results} results */
  grow(results) {
    this.grid.grow(results);
    this.say(statusOf(results));
  }

  showNone(results) {
    byId("start").hidden = true;
    byId("grid").hidden = true;
    byId("nothing").hidden = false;
    this.grid.show({ ...results, isComplete: true }, () => null);
    this.say(statusOf(results));
    showEmpty(results, this.actions(results));
  }

  actions(results) {
    return { noFilters: () => this.tell("ask", { ...results.query, filters: NO_FILTERS }) };
  }

  rememberSoon(results) {
    clearTimeout(this.timer);
    const hash = toHash(results.query);
    if (!hash || results.title) return;
    this.timer = setTimeout(() => {
      if (results.query.words.trim()) remember(hash, inWords(results.query));
      this.tell("stayed");
    }, STAYED_MS);
  }

  /** Examples and recent searches. */
  offer(query) {
    showStart((words) => this.tell("ask", { ...query, words, terms: [] }), (hash) => this.tell("ask", fromHash(hash)));
  }

  say(text) {
    byId("status").textContent = text;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
