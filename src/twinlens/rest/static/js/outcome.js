/** Status texts for results: counts, group titles, "nothing here matches", empty library. */

import { byId, element } from "./dom.js";
import { unknownNames } from "./known_filters.js";
import { asks, filterCount, inWords } from "./query.js";
import { countOf, monthOf, nameOf, numberOf, yearOf } from "./facts.js";
import { chanceOf, inPlaceOf } from "./tile.js";
import { thumbnailAddress } from "./server.js";
import { unknownWords, wordNotes } from "./wording.js";

const UNLIKELY = "Less likely matches";
const MOST_MONTHS = 8; // with more months among the first photos, rows would have only one or two photos

/** Title of a photo's group in the grid. @param {import("./search.js").Results} results */
export function titles(results) {
  const { query } = results;
  if (results.title) return () => null;
  const months = new Set(results.photos.map((photo) => monthOf(photo.taken_at)));
  const time = months.size > MOST_MONTHS ? yearOf : monthOf;
  if (!asks(query)) return (photo) => time(photo.taken_at);
  if (query.sort === "date") return (photo) => (photo.relevant === false ? UNLIKELY : time(photo.taken_at));
  return (photo) => (photo.relevant === false ? UNLIKELY : null);
}

/** True if no photo matches according to the model. @param {import("./search.js").Results} results */
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

function missingIn({ photos, absentFolders }) {
  if (absentFolders.length) return [`the photo folder ${absentFolders.join(", ")} is missing or empty: is its disk mounted?`];
  const gone = photos.filter((photo) => photo.missing).length;
  return gone ? [`${numberOf(gone)} ${gone === 1 ? "file is" : "files are"} gone: look for new photos in Library`] : [];
}

/** What a date filter could not judge well. @param {import("./search.js").Results} results */
export function dateNotes({ undated, fileDated }) {
  const notes = [];
  if (undated) notes.push(`${countOf(undated)} without a date left out`);
  if (fileDated) notes.push(`${countOf(fileDated)} dated only by the file, perhaps a copy`);
  return notes;
}

function countsOf({ total, matches, query }) {
  if (!total) return filterCount(query) ? "No photo passes these filters" : "No photos yet";
  if (!asks(query)) return countOf(total);
  if (matches === null) return `${countOf(total)}, best match first`;
  return `${countOf(matches, "match", "matches")} among ${countOf(total)}`;
}

/**
 * "Nothing here matches", with the number of photos compared and the closest ones.
 * @param {import("./search.js").Results} results
 * @param {{open: (index: number) => void, showAll: () => void, noFilters: () => void}} actions
 */
export function showNothing(results, actions) {
  const closest = results.photos.filter((photo) => photo.shown).map((photo) => {
    const name = nameOf(photo.image_id);
    const index = results.photos.indexOf(photo);
    const picture = photo.missing ? inPlaceOf(photo) : element("img", { src: thumbnailAddress(photo.image_id, 512), alt: "" });
    return element(
      "button",
      { type: "button", "aria-label": `Open ${name}`, on: { click: () => actions.open(index) } },
      picture,
      element("span", { text: chanceOf(photo) || "" }),
    );
  });
  const filters = filterCount(results.query);
  const tried = `All ${countOf(results.total)} were compared with “${inWords(results.query)}”`;
  byId("nothing").replaceChildren(
    element("h2", { text: titleOfNothing(results) }),
    element("p", { dir: "auto", text: filters ? `${tried}, with ${countOf(filters, "filter")}. These are the closest:` : `${tried}. These are the closest:` }),
    element("div", { class: "closest" }, ...closest),
    element(
      "p",
      { class: "row-of-buttons" },
      filters > 0 && element("button", { type: "button", class: "plain", text: "Search without filters", on: { click: actions.noFilters } }),
      element("button", { type: "button", class: "plain", text: "Show all, closest first", on: { click: actions.showAll } }),
    ),
  );
}

/** What is shown in place of matches: a query of unknown words says nothing about the photos. */
export function titleOfNothing({ wording }) {
  if (!wording?.noneKnown) return "Nothing here matches";
  const text = unknownWords(wording);
  return text[0].toUpperCase() + text.slice(1);
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
