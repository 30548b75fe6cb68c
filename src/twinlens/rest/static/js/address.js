/** The address bar and the history: the current search and photo, and cached results for each history entry. */

import { fromHash, isSame, toHash } from "./query.js";

const KEPT_RESULTS = 12; // of the most recent entries; going back further searches again
const WINDOW = Math.random().toString(36).slice(2); // entries from before a reload are not cached

/**
 * @typedef {{query: import("./query.js").Query, isSettled: boolean, results: ?import("./search.js").Results, scrollY: number}} Place
 *   isSettled: the user looked at the results, so further typing adds a new history entry.
 */

/** Emits `go` (detail: {place, isElsewhere, photo}) when the user goes back, forward, or edits the address. */
export class Address extends EventTarget {
  constructor() {
    super();
    /** @type {Map<number, Place>} */
    this.places = new Map();
    this.lastNumber = 0;
    this.isLeaving = false;
    /** Called once the open photo is closed. @type {?() => void} */
    this.waiting = null;
    history.scrollRestoration = "manual";
    this.read();
    window.addEventListener("popstate", () => this.onGo());
  }

  /** @returns {Place} */
  get place() {
    return this.places.get(this.number);
  }

  /**
   * Records a query: as a new history entry, unless it is being typed or replaces an open photo.
   * @param {import("./query.js").Query} query
   * @param {{isTyping?: boolean, isNew?: boolean}} [how] isNew: even if the query is the same
   */
  write(query, { isTyping = false, isNew = false } = {}) {
    if (this.isLeaving) {
      this.waiting = () => this.write(query, { isTyping, isNew });
      return;
    }
    if (!isNew && !this.photo && isSame(query, this.place.query)) {
      this.place.isSettled ||= !isTyping;
      this.place.query = query;
      return;
    }
    const isAdded = !this.photo && (isNew || !isTyping || this.place.isSettled);
    this.place.scrollY = window.scrollY;
    if (!isAdded && !this.photo) this.places.delete(this.number); // no history entry refers to it any more
    this.add({ query, isSettled: !isTyping, results: null, scrollY: 0 });
    this.photo = null;
    this.put({ isAdded });
  }

  /** A photo is opened: adds a history entry, or replaces the photo in it. @param {string} id */
  openPhoto(id) {
    if (this.isLeaving) this.waiting = () => this.openPhoto(id);
    if (this.isLeaving || id === this.photo) return;
    const isAdded = !this.photo;
    this.photo = id;
    this.put({ isAdded, isOurs: isAdded || Boolean(history.state?.isOurs) });
  }

  /** The photo was closed: goes back to the entry that it was opened from. */
  closePhoto() {
    if (this.isLeaving) this.waiting = null;
    if (this.isLeaving || !this.photo) return;
    if (history.state?.isOurs) {
      this.isLeaving = true;
      history.back();
    } else {
      this.photo = null;
      this.put();
    }
  }

  settle() {
    this.place.isSettled = true;
  }

  /** Caches the results of the current entry. @param {import("./search.js").Results} results */
  keep(results) {
    if (!isSame(results.query, this.place.query)) return; // its entry does not exist yet
    this.place.results = results;
    const kept = [...this.places.values()].filter((place) => place.results);
    for (const place of kept.slice(0, -KEPT_RESULTS)) place.results = null;
  }

  /** More is known of some photos. @param {Map<string, object>} facts by id */
  learn(facts) {
    for (const { results } of this.places.values()) for (const photo of results?.photos ?? []) Object.assign(photo, facts.get(photo.image_id));
  }

  /** The library has changed: cached results may be out of date. */
  forget() {
    for (const place of this.places.values()) place.results = null;
  }

  onGo() {
    const before = this.number;
    const { isLeaving, waiting } = this;
    this.isLeaving = false;
    this.waiting = null;
    if (this.place) this.place.scrollY = window.scrollY;
    this.read();
    if (isLeaving && waiting) {
      waiting();
      return;
    }
    const detail = { place: this.place, isElsewhere: this.number !== before, photo: this.photo };
    this.dispatchEvent(new CustomEvent("go", { detail }));
  }

  /** Applies the address. */
  read() {
    this.photo = new URLSearchParams(location.hash.slice(1)).get("photo");
    const { state } = history;
    if (state?.window === WINDOW && this.places.has(state.number)) {
      this.number = state.number;
      return;
    }
    this.add({ query: fromHash(location.hash), isSettled: true, results: null, scrollY: 0 });
    this.put();
  }

  add(place) {
    this.number = this.lastNumber += 1;
    this.places.set(this.number, place);
  }

  put({ isAdded = false, isOurs = false } = {}) {
    const parts = [toHash(this.place.query), this.photo && `photo=${encodeURIComponent(this.photo)}`].filter(Boolean).join("&");
    const state = { window: WINDOW, number: this.number, isOurs };
    const address = `${location.pathname}${parts ? `#${parts}` : ""}`;
    if (isAdded) history.pushState(state, "", address);
    else history.replaceState(state, "", address);
  }
}
