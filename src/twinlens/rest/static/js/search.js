/**
 * Runs searches: while typing, cancelled when outdated, further pages on demand.
 *
 * @typedef {{image_id: string, width: ?number, height: ?number, taken_at: ?string, is_favourite: boolean,
 *   missing?: boolean, duration_s?: ?number, at_s?: ?number, alike?: string[], alike_kinds?: string[], num_alike?: number, rank?: number, score?: number, grade?: ?string, is_match?: ?boolean}} Photo
 *   duration_s: length of a video; at_s: when it is most like the query. alike: near copies, and files of its stack, that it stands for; alike_kinds: what each is. grade: strong, likely or possible; is_match: whether it has one, or its name or caption holds all words. missing: its file is gone.
 * @typedef {{query: object, photos: Photo[], first?: number, seams?: number[], total: number, entries?: number, matches: ?number, isComplete: boolean, tookMs: ?number,
 *   grades: ?Object<string, number>, ungraded: ?string, queryRead: ?string, wording?: import("./wording.js").Wording, undated?: number, fileDated?: number, leftOut?: number, absentFolders: string[], title?: string}} Results
 *   first: how many come before the first that is loaded; seams: places among the loaded where a later part begins.
 *   undated: photos that a date filter leaves out; fileDated: those that it judges by the date of their file. leftOut: those that match what the query leaves out.
 *   entries: photos to load, where near copies are one. matches: total number of matches, loaded or not; null where results have no grades.
 *   grades: how many have each one. ungraded: why results have no grades, in a few words.
 *   absentFolders: photo folders that are missing or empty.
 */

import { ask, connection, isAwayError } from "./server.js";
import { asks } from "./query.js";
import { requestOf } from "./request.js";
import { inReadersWords, wordingOf } from "./wording.js";

const FIRST = 60;
const MORE = 200;
/** Delay between searches while typing: three response times, to spare a slow server; letters that are typed quickly are closer. */
const SHORTEST_WAIT_MS = 30;
const LONGEST_WAIT_MS = 120;
const SLOW_MS = 300;
const WAIT_MS = 50; // for a page that is on its way

/** Emits `results`, `more`, `earlier` (detail: how many photos came before the others), `awaited` and `slow` (detail: boolean) and `failed` (detail: the error). */
export class Search extends EventTarget {
  constructor() {
    super();
    /** @type {Results|null} */
    this.results = null;
    this.roundTripMs = 20;
    /** Results per answer; a server may have a lower limit. */
    this.most = MORE;
    this.query = null;
    this.abort = new AbortController();
    this.waiting = 0;
    this.isFetchingMore = false;
    /** Request to repeat when the server is back. @type {?() => void} */
    this.missed = null;
    connection.addEventListener("back", () => this.missed?.());
  }

  /** Searches after a delay; cancels a running search. @param {import("./query.js").Query} query */
  type(query) {
    clearTimeout(this.waiting);
    this.query = query;
    this.tell("awaited", true);
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, 3 * this.roundTripMs));
    this.waiting = setTimeout(() => this.start(query), wait);
  }

  /** Searches immediately. @param {import("./query.js").Query} query @param {number} [first] results that are passed over */
  async start(query, first = 0) {
    const abort = this.letGo();
    this.query = query;
    this.missed = null;
    this.tell("awaited", true);
    const slow = setTimeout(() => abort === this.abort && this.tell("slow", true), SLOW_MS);
    const started = performance.now();
    try {
      const wanted = Math.min(FIRST, this.most);
      const found = await this.fetchPart(query, { top_k: wanted, offset: first }, abort.signal);
      if (abort !== this.abort) return;
      this.roundTripMs = 0.7 * this.roundTripMs + 0.3 * (performance.now() - started);
      this.results = resultsOf(query, found, wanted, first);
      this.isFetchingMore = false;
      this.tell("results");
    } catch (error) {
      if (abort === this.abort) this.fail(error, () => this.start(query, first));
    } finally {
      clearTimeout(slow);
      if (abort === this.abort) this.end();
    }
  }

  /** Cancels a waiting or running search; the current results stay. */
  stop() {
    this.letGo();
    this.end();
  }

  /** A search has ended; while another waits for the next letter, results are still awaited. */
  end() {
    this.tell("slow", false);
    if (!this.waiting) this.tell("awaited", false);
  }

  letGo() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    this.abort.abort();
    this.abort = new AbortController();
    return this.abort;
  }

  /** Loads the next page, unless it is already loading or there is none. */
  async more() {
    const results = this.results;
    if (!results || results.isComplete || this.isFetchingMore) return;
    this.isFetchingMore = true;
    try {
      const part = { top_k: Math.min(MORE, this.most), offset: (results.first ?? 0) + results.photos.length };
      const found = await this.fetchPart(results.query, part, this.abort.signal);
      if (results !== this.results) return;
      results.photos.push(...found.results);
      results.isComplete = found.results.length < part.top_k || part.offset + part.top_k >= results.entries;
      this.isFetchingMore = false;
      this.missed = null;
      this.tell("more");
    } catch (error) {
      this.isFetchingMore = false;
      if (results === this.results) this.fail(error, () => this.more());
    }
  }

  /** Loads all that there is, up to a number of photos. @param {number} most @returns {Promise<?Results>} null if other results were asked for meanwhile, or it failed */
  async all(most) {
    const results = this.results;
    for (;;) {
      if (results !== this.results || !results) return null;
      const known = results.photos.length;
      if (results.photos.length >= most || (results.isComplete && !results.first)) return results;
      if (this.isFetchingMore) await new Promise((done) => setTimeout(done, WAIT_MS));
      else {
        await (results.first ? this.earlier() : this.more());
        if (results.photos.length === known) return null; // it failed, which was told
      }
    }
  }

  /** Loads the page before those that are loaded, unless something is loading or there is none. */
  async earlier() {
    const results = this.results;
    if (!results?.first || this.isFetchingMore) return;
    this.isFetchingMore = true;
    try {
      const count = Math.min(MORE, this.most, results.first);
      const found = await this.fetchPart(results.query, { top_k: count, offset: results.first - count }, this.abort.signal);
      if (results !== this.results) return;
      results.photos.unshift(...found.results);
      results.first -= count;
      results.seams = [count, ...results.seams.map((seam) => seam + count)];
      this.isFetchingMore = false;
      this.tell("earlier", count);
    } catch (error) {
      this.isFetchingMore = false;
      if (results === this.results) this.fail(error, () => this.earlier());
    }
  }

  fail(error, again) {
    if (isAwayError(error)) this.missed = again;
    this.tell("failed", error);
  }

  /** Shows given results: cached ones, or photos from the map. @param {Results} results */
  show(results) {
    this.stop();
    this.query = results.query;
    this.results = results;
    this.missed = null;
    this.isFetchingMore = false;
    this.tell("results");
  }

  async fetchPart(query, part, signal) {
    const { path, options } = await requestOf(query, part);
    const found = await ask(path, { ...options, signal });
    // an album is looked at, not searched: how well its photos fit is not asked
    return asks(query) ? inReadersWords(found) : { ...found, num_matches: null, grades: null, results: found.results.map((photo) => ({ ...photo, rank: undefined, grade: null })) };
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @returns {Results} */
function resultsOf(query, found, wanted, first) {
  const photos = found.results;
  return {
    query,
    photos,
    first,
    seams: [],
    total: found.num_candidates,
    matches: found.num_matches ?? null,
    grades: found.grades ?? null,
    ungraded: found.ungraded ?? null,
    entries: found.num_entries ?? found.num_candidates,
    isComplete: photos.length < wanted || first + photos.length >= (found.num_entries ?? found.num_candidates),
    tookMs: found.took_ms ?? null,
    queryRead: found.query_read ?? null,
    wording: wordingOf(found),
    absentFolders: found.missing_folders ?? [],
    undated: found.num_undated ?? 0,
    fileDated: found.num_file_dated ?? 0,
    leftOut: found.num_left_out ?? 0,
  };
}
