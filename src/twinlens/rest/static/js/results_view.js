/** Shows results: status line and grid, with "no sure match" above it where that is so. */

import { byId } from "./dom.js";
import { Part } from "./late.js";
import { asks, filterCount, fromHash, inWords, isByDate, NO_FILTERS, NOTHING, toHash } from "./query.js";
import { isNothing, joinedTitle, showEmpty, showUnsure, statusOf, titles } from "./outcome.js";
import { recentSearches, remember } from "./recent.js";
import { offerCorrection, showParts } from "./wording.js";

const STAYED_MS = 1500;
const FEWEST_BY_TIME = 100; // photos; fewer are seen by scrolling
const start = new Part(() => import("./start.js"));

/** Whether results have a time line beside them. @param {import("./search.js").Results} results */
export function hasTimeline({ query, total, title }) {
  return !title && total >= FEWEST_BY_TIME && isByDate(query) && !asks(query);
}

/** Whether results of a query that is being typed leave the photos before where they are. @param {import("./search.js").Results} results */
export function leavesPhotos(results) {
  return isNothing(results) || !results.photos.length;
}

/** Emits `ask` (detail: a query), `index` (the library is to be indexed) and `stayed` (the user looked at these results). */
export class ResultsView extends EventTarget {
  /** @param {import("./grid.js").Grid} grid */
  constructor(grid) {
    super();
    this.grid = grid;
    this.timer = 0;
    /** What the grid shows. @type {?import("./search.js").Results} */
    this.shown = null;
    this.isDraft = false;
    byId("all-photos").addEventListener("click", () => this.tell("ask", NOTHING));
  }

  /**
   * @param {import("./search.js").Results} results
   * @param {{isDraft?: boolean}} how isDraft: the query is being typed, so that what matches it is shown, and no verdict given
   */
  show(results, { isDraft = false } = {}) {
    const isUnsure = isNothing(results);
    this.isDraft = isDraft;
    if (isDraft && leavesPhotos(results)) return undefined;
    if (!isDraft) {
      const take = (words) => this.tell("ask", { ...results.query, words });
      offerCorrection(results, take);
      showParts(results, take);
    }
    byId("all-photos").hidden = !results.title;
    byId("share-results").hidden = isDraft || !results.photos.length || !(results.title || asks(results.query) || filterCount(results.query));
    if (!results.photos.length) return this.showNone(results);
    byId("nothing").hidden = !isUnsure;
    if (isUnsure) showUnsure(results, this.actions(results));
    if (this.shown !== results) this.showGrid(results);
    this.say(statusOf(results, { isDraft }));
    return this.rememberSoon(results);
  }

  showGrid(results) {
    this.shown = results;
    const isStart = !asks(results.query) && !filterCount(results.query) && !results.title;
    byId("start").hidden = !isStart;
    if (isStart) this.offer(results.query);
    byId("grid").hidden = false;
    if (window.scrollY > this.grid.top()) window.scrollTo({ top: 0 });
    this.grid.show(results, titles(results), joinedTitle);
  }

  /** More results have arrived. @param {import("./search.js").Results} results */
  grow(results) {
    if (results !== this.shown) return;
    this.grid.grow(results);
    this.say(statusOf(results, { isDraft: this.isDraft }));
  }

  /** Earlier results have arrived. @param {import("./search.js").Results} results @param {number} count */
  growBefore(results, count) {
    if (results === this.shown) this.grid.growBefore(results, count);
  }

  showNone(results) {
    this.shown = results;
    byId("start").hidden = true;
    byId("grid").hidden = true;
    byId("nothing").hidden = false;
    this.grid.show({ ...results, isComplete: true }, () => null);
    this.say(statusOf(results));
    showEmpty(results, this.actions(results));
  }

  actions(results) {
    return { index: () => this.tell("index"), noFilters: () => this.tell("ask", { ...results.query, filters: NO_FILTERS }) };
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
    const [search, again] = [(words) => this.tell("ask", { ...query, words, terms: [] }), (hash) => this.tell("ask", fromHash(hash))];
    byId("recent-row").hidden = recentSearches().length === 0; // its place
    start.use(({ showStart }) => showStart(search, again), { isAsked: false });
  }

  say(text) {
    byId("status").textContent = text;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
