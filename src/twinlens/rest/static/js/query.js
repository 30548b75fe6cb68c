/**
 * A query: text, terms, filters, sort order. Immutable: a query is replaced, never changed.
 *
 * @typedef {{kind: "words"|"photo"|"upload", value: string, sign: 1|-1, region?: string, file?: Blob, preview?: string}} Term region: of a photo, "x,y,width,height" as fractions; of a video, with "@" and the seconds
 * @typedef {Object<string, string>} Filters by name, in the form used in the address; "" is not in use, a switch that is on is "true"
 * @typedef {{words: string, terms: Term[], filters: Filters, sort: Sort, caught?: string}} Query caught: photos of the map, by their name in this window
 * @typedef {"relevance"|"date"|"oldest"|"name"|"size"} Sort
 */

import { filtersInUse } from "./known_filters.js";
import { t } from "./texts.js";

/** @type {Filters} */
export const NO_FILTERS = Object.freeze({});
/** @type {Query} */
export const NOTHING = Object.freeze({ words: "", terms: [], filters: NO_FILTERS, sort: "relevance" });
/** Maximum number of pictures per call. */
export const MOST_PICTURES = 8;
const KINDS = { w: "words", p: "photo" };
/** Orders in the address; any other is the best match first. */
const ORDERS = ["date", "oldest", "name", "size"];
/** Other parameters in the address; all remaining names are filters of this or another server. */
const NO_FILTER_NAMES = new Set(["q", "t", "sort", "photo", "caught"]);

/** True if there is something to search for, not only filters. @param {Query} query */
export function asks(query) {
  return query.words.trim() !== "" || query.terms.length > 0;
}

/** The album that a query shows in the album's own order; null for others. @param {Query} query @returns {?string} */
export function albumOf(query) {
  const isAlone = !asks(query) && query.sort === "relevance" && filtersInUse(query.filters).every(({ name }) => name === "album");
  return isAlone ? query.filters.album || null : null;
}

/** True if results come by date. @param {Query} query */
export function isByDate(query) {
  return query.sort === "date" || query.sort === "oldest" || (query.sort === "relevance" && !asks(query) && !albumOf(query));
}

/** Number of filters in use; dates count as one. @param {Query} query */
export function filterCount(query) {
  return new Set(filtersInUse(query.filters).map(({ name, kind }) => (kind === "date" ? "" : name))).size;
}

/** Whether two queries are equal. */
export function isSame(one, other) {
  const files = (query) => uploads(query).map((term) => [term.file, term.sign]);
  const [here, there] = [files(one), files(other)];
  const isAlike = here.length === there.length && here.every(([file, sign], place) => file === there[place][0] && sign === there[place][1]);
  return isAlike && toHash(one) === toHash(other);
}

/**
 * The query as the part of the address after "#", which is not sent to the server; uploaded pictures are left out.
 * @param {Query} query
 */
export function toHash(query) {
  const parts = new URLSearchParams();
  if (query.words.trim()) parts.set("q", query.words.trim());
  for (const term of query.terms) {
    if (term.kind !== "upload") parts.append("t", `${term.sign < 0 ? "-" : "+"}${written(term)}`);
  }
  // sorted, so that the same search always has the same address
  for (const name of Object.keys(query.filters).sort()) if (query.filters[name]) parts.set(name, query.filters[name]);
  if (query.sort !== "relevance") parts.set("sort", query.sort);
  if (query.caught) parts.set("caught", query.caught);
  return parts.toString();
}

/** @param {string} hash @returns {Query} */
export function fromHash(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const filters = Object.fromEntries([...parts].filter(([name, value]) => value && !NO_FILTER_NAMES.has(name)));
  const terms = parts.getAll("t").flatMap((text) => {
    const [, sign, letter, region, value] = /^([+-])(?:([wp])|r:([\d.,@]+)):([^]+)$/.exec(text) ?? [];
    if (!value) return [];
    const term = { kind: letter ? KINDS[letter] : "photo", value, sign: sign === "-" ? -1 : 1 };
    return [region ? { ...term, region } : term];
  });
  const query = { words: parts.get("q") || "", terms, filters, sort: ORDERS.find((order) => order === parts.get("sort")) || "relevance" };
  return parts.get("caught") ? { ...query, caught: parts.get("caught") } : query;
}

/** The query as text, for the status line and recent searches. @param {Query} query */
export function inWords(query) {
  const parts = query.terms.map((term) => [term.sign, term.kind === "words" ? term.value : term.region ? t("a part of a picture") : t("a picture")]);
  if (query.words.trim()) parts.unshift([1, query.words.trim()]);
  return parts.map(([sign, text], place) => (sign < 0 ? "− " : place ? "+ " : "") + text).join(" ");
}

/** A term in the address: "w:words", "p:photo", or "r:region:photo". @param {Term} term */
function written({ kind, value, region }) {
  return region ? `r:${region}:${value}` : `${kind[0]}:${value}`;
}

/** @param {Query} query @returns {Term[]} */
function uploads(query) {
  return query.terms.filter((term) => term.kind === "upload");
}
