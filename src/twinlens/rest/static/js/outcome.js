/** Status texts for results: counts, group titles, "no sure match", empty library. */

import { byId, element } from "./dom.js";
import { unknownNames } from "./known_filters.js";
import { may } from "./permissions.js";
import { albumOf, asks, filterCount, inWords, isByDate } from "./query.js";
import { countOf, monthOf, NO_DATE, YEAR_AT_END, yearOf } from "./facts.js";
import { countOfGrade } from "./grades.js";
import { unknownWords, wordNotes } from "./wording.js";
import { t } from "./texts.js";

const UNSURE = t("No sure matches");
const MOST_MONTHS = 8; // with more months among the first photos, years say more

/** Title of a photo's group in the grid. @param {import("./search.js").Results} results */
export function titles(results) {
  const { query } = results;
  if (results.title) return () => null;
  const months = new Set(results.photos.map((photo) => monthOf(photo.taken_at)));
  const time = months.size > MOST_MONTHS ? yearOf : monthOf;
  const title = isByDate(query) ? (photo) => time(photo.taken_at) : () => null;
  if (!asks(query)) return title;
  if (isNothing(results)) return (photo) => (photo.is_match === false ? null : title(photo)); // a title that divides nothing says nothing
  const isAfter = afterMatches(results);
  return (photo) => (isAfter(photo) ? UNSURE : title(photo));
}

/**
 * Whether no match follows a photo: matches come first, but a store that searches approximately may find some of them late.
 * @param {import("./search.js").Results} results
 */
function afterMatches(results) {
  const { photos } = results;
  let [looked, matches, last, isMixed] = [0, 0, -1, false];
  return (photo) => {
    for (; looked < photos.length; looked += 1) {
      if (photos[looked].is_match === false) continue;
      matches += 1 + (photos[looked].num_alike ?? 0);
      isMixed ||= last < looked - 1;
      last = looked;
    }
    if (photo.is_match !== false || (isMixed && !results.isComplete && matches < results.matches)) return false;
    return last < 0 || photo.rank > photos[last].rank;
  };
}

/** Title of groups that share a row, each too small for its own: "March – June 2023"; null where they must stay apart. */
export function joinedTitle(first, last) {
  if ([first, last].some((title) => title === UNSURE || title === NO_DATE)) return null;
  const year = YEAR_AT_END?.exec(last)?.[0];
  const isSameYear = year && first.endsWith(year) && first !== year;
  return `${isSameYear ? first.slice(0, -year.length) : first} – ${last}`;
}

/** True if no photo of the library has a grade. @param {import("./search.js").Results} results */
export function isNothing(results) {
  return results.matches === 0;
}

/**
 * The line above the grid.
 * @param {import("./search.js").Results} results
 * @param {{isDraft?: boolean}} how isDraft: nothing is said of words that are being typed
 */
export function statusOf(results, { isDraft = false } = {}) {
  const { total, query, tookMs, queryRead, leftOut } = results;
  if (results.title) return results.title;
  const parts = [countsOf(results), ...missingIn(results)];
  if (leftOut) parts.push(t("{count} photo left out|{count} photos left out", { count: leftOut }));
  if (total && asks(query) && tookMs !== null) parts.push(t("{count} ms", { count: Math.max(1, Math.round(tookMs)) }));
  if (queryRead) parts.push(t("the model read only: {query}", { query: queryRead }));
  parts.push(...(isDraft ? [] : wordNotes(results)), ...dateNotes(results));
  const unknown = unknownNames(query.filters);
  if (unknown.length) parts.push(t("unknown filters: {names}", { names: unknown.join(", ") }));
  return parts.join(" · ");
}

function missingIn({ photos, absentFolders = [] }) {
  if (absentFolders.length) return [t("the photo folder {names} is missing or empty: is its disk mounted?", { names: absentFolders.join(", ") })];
  // not how many: that would depend on what is loaded
  return photos.some((photo) => photo.missing) ? [t("files of photos are gone: look for new photos in Library")] : [];
}

/** What a date filter could not judge well. @param {import("./search.js").Results} results */
function dateNotes({ undated, fileDated }) {
  const notes = [];
  if (undated) notes.push(t("{photos} without a date left out", { photos: countOf(undated) }));
  if (fileDated) notes.push(t("{photos} dated only by the file, perhaps a copy", { photos: countOf(fileDated) }));
  return notes;
}

function countsOf({ total, matches, grades, ungraded, query, wording }) {
  if (!total) return titleOfEmpty({ query, wording });
  const photos = countOf(total);
  if (!asks(query)) return photos;
  if (matches === null) return ungraded ? t("{photos}, best match first ({why})", { photos, why: ungraded }) : t("{photos}, best match first", { photos });
  if (!grades && matches === total) return photos; // nothing was compared: all of them match
  if (matches === 0 && wording?.noneKnown) return t("{what}; the closest first", { what: unknownWords(wording, { begins: true }) });
  if (matches === 0) return t("No sure match among {photos}; the closest first", { photos });
  const counts = Object.entries(grades || {}).filter(([, count]) => count).map(([grade, count]) => countOfGrade(grade, count));
  const written = grades ? matches - Object.values(grades).reduce((sum, count) => sum + count, 0) : 0;
  if (written > 0) counts.push(t("{count} by name or caption", { count: written }));
  return t("{matches} among {photos}", { matches: counts.join(", ") || t("{count} match|{count} matches", { count: matches }), photos });
}

/**
 * "No sure match", with what was compared, above the closest photos.
 * @param {import("./search.js").Results} results
 * @param {{noFilters: () => void}} actions
 */
export function showUnsure(results, actions) {
  const filters = filterCount(results.query);
  const told = { photos: countOf(results.total), query: inWords(results.query) };
  const tried = filters
    ? t("{photos} compared with “{query}”, with {count} filter|{photos} compared with “{query}”, with {count} filters", { ...told, count: filters })
    : t("{photos} compared with “{query}”", told);
  const button = element("button", { type: "button", class: "plain", text: t("Search without filters"), on: { click: actions.noFilters } });
  byId("nothing").replaceChildren(
    element("h2", { text: titleOfUnsure(results) }),
    element("p", { dir: "auto", text: tried }),
    element("p", { class: "row-of-buttons" }, filters > 0 && button),
  );
}

/** A query of unknown words says nothing about the photos. */
function titleOfUnsure({ wording }) {
  if (!wording?.noneKnown) return t("No sure match; the closest:");
  return t("{what}; the closest:", { what: unknownWords(wording, { begins: true }) });
}

function titleOfEmpty({ query, wording }) {
  if (albumOf(query)) return t("No photo is in this album");
  if (filterCount(query)) return t("No photo passes these filters");
  return wording?.readAs ? t("No photo fits the whole query") : t("No photos yet"); // read as more than words: fields, a minus
}

/** Message for no photos at all: because of the filters, the query's fields, or an empty library, which can be filled from here. */
export function showEmpty(results, actions) {
  const isFiltered = filterCount(results.query) > 0;
  const isAlbum = albumOf(results.query) !== null;
  const isRead = Boolean(results.wording?.readAs);
  const mayFill = !isFiltered && !isRead && may("index");
  const byCommand = t("Index a folder to begin: {command}", { command: "twinlens index ~/Pictures" });
  const toFill = mayFill ? t("Look for photos in the library's folders. They appear here while they are being read; no photo is changed.") : byCommand;
  const text = isAlbum ? t("Select photos and choose Organise to put them in. A live album fills by itself, when its search finds photos.")
    : isFiltered ? t("Change or clear a filter to see photos again.")
    : isRead ? t("Leave out a part of it to see photos again.")
    : toFill;
  byId("nothing").replaceChildren(
    element("h2", { text: titleOfEmpty(results) }),
    element("p", { text }),
    element(
      "p",
      { class: "row-of-buttons" },
      isFiltered && element("button", { type: "button", class: "plain", text: isAlbum ? t("Show all photos") : t("Clear the filters"), on: { click: actions.noFilters } }),
      mayFill && element("button", { type: "button", class: "main-button", text: t("Look for photos"), on: { click: actions.index } }),
    ),
  );
}
