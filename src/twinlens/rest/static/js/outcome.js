/** Status texts for results: counts, group titles, "no sure match", empty library. */

import { byId, element } from "./dom.js";
import { unknownNames } from "./known_filters.js";
import { asks, filterCount, inWords } from "./query.js";
import { countOf, monthOf, numberOf, yearOf } from "./facts.js";
import { unknownWords, wordNotes } from "./wording.js";

const UNSURE = "No sure matches";
const MOST_MONTHS = 8; // with more months among the first photos, rows would have only one or two photos

/** Title of a photo's group in the grid. @param {import("./search.js").Results} results */
export function titles(results) {
  const { query } = results;
  if (results.title) return () => null;
  const months = new Set(results.photos.map((photo) => monthOf(photo.taken_at)));
  const time = months.size > MOST_MONTHS ? yearOf : monthOf;
  if (!asks(query)) return (photo) => time(photo.taken_at);
  const unsure = isNothing(results) ? null : UNSURE; // a title that divides nothing says nothing
  if (query.sort === "date") return (photo) => (photo.relevant === false ? unsure : time(photo.taken_at));
  return (photo) => (photo.relevant === false ? unsure : null);
}

/** True if no photo of the library has a grade. @param {import("./search.js").Results} results */
export function isNothing(results) {
  return results.matches === 0;
}

/** The line above the grid. @param {import("./search.js").Results} results */
export function statusOf(results) {
  const { total, query, tookMs, queryRead } = results;
  if (results.title) return results.title;
  const parts = [countsOf(results), ...missingIn(results)];
  if (total && asks(query) && tookMs !== null) parts.push(`${numberOf(Math.max(1, Math.round(tookMs)))} ms`);
  if (queryRead) parts.push(`the model read only: ${queryRead}`);
  parts.push(...wordNotes(results), ...dateNotes(results));
  const unknown = unknownNames(query.filters);
  if (unknown.length) parts.push(`unknown filters: ${unknown.join(", ")}`);
  return parts.join(" · ");
}

function missingIn({ photos, absentFolders = [] }) {
  if (absentFolders.length) return [`the photo folder ${absentFolders.join(", ")} is missing or empty: is its disk mounted?`];
  const gone = photos.filter((photo) => photo.missing).length;
  return gone ? [`${numberOf(gone)} ${gone === 1 ? "file is" : "files are"} gone: look for new photos in Library`] : [];
}

/** What a date filter could not judge well. @param {import("./search.js").Results} results */
function dateNotes({ undated, fileDated }) {
  const notes = [];
  if (undated) notes.push(`${countOf(undated)} without a date left out`);
  if (fileDated) notes.push(`${countOf(fileDated)} dated only by the file, perhaps a copy`);
  return notes;
}

function countsOf({ total, matches, grades, ungraded, query, wording }) {
  if (!total) return filterCount(query) ? "No photo passes these filters" : "No photos yet";
  if (!asks(query)) return countOf(total);
  if (matches === null) return `${countOf(total)}, best match first${ungraded ? ` (${ungraded})` : ""}`;
  if (matches === 0 && wording?.noneKnown) return `${unknownWords(wording, { begins: true })}; the closest first`;
  if (matches === 0) return `No sure match among ${countOf(total)}; the closest first`;
  const counts = Object.entries(grades || {}).filter(([, count]) => count).map(([grade, count]) => `${numberOf(count)} ${grade}`);
  return `${counts.join(", ") || countOf(matches, "match", "matches")} among ${countOf(total)}`;
}

/**
 * "No sure match", with what was compared, above the closest photos.
 * @param {import("./search.js").Results} results
 * @param {{noFilters: () => void}} actions
 */
export function showUnsure(results, actions) {
  const filters = filterCount(results.query);
  const tried = `${countOf(results.total)} compared with “${inWords(results.query)}”`;
  const button = element("button", { type: "button", class: "plain", text: "Search without filters", on: { click: actions.noFilters } });
  byId("nothing").replaceChildren(
    element("h2", { text: titleOfUnsure(results) }),
    element("p", { dir: "auto", text: filters ? `${tried}, with ${countOf(filters, "filter")}` : tried }),
    element("p", { class: "row-of-buttons" }, filters > 0 && button),
  );
}

/** A query of unknown words says nothing about the photos. */
function titleOfUnsure({ wording }) {
  if (!wording?.noneKnown) return "No sure match; the closest:";
  return `${unknownWords(wording, { begins: true })}; the closest:`;
}

/** Message for no photos at all: because of the filters, or an empty library. */
export function showEmpty(results, actions) {
  const isFiltered = filterCount(results.query) > 0;
  const text = isFiltered ? "Change or clear a filter to see photos again." : "Index a folder to begin: twinlens index ~/Pictures";
  const button = element("button", { type: "button", class: "plain", text: "Clear the filters", on: { click: actions.noFilters } });
  byId("nothing").replaceChildren(
    element("h2", { text: isFiltered ? "No photo passes these filters" : "No photos yet" }),
    element("p", { text }),
    element("p", { class: "row-of-buttons" }, isFiltered && button),
  );
}
