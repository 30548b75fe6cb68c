/** A query of the page as one text of the query language, so that it can be saved as a live album. */

import { filtersInUse } from "../known_filters.js";

const FIELDS = { favourites: "favourite", location: "place" }; // where a filter's field has another name

/**
 * The text; null for a query that no text tells, as one with a picture.
 * @param {import("../query.js").Query} query
 * @returns {?string}
 */
export function asWords(query) {
  if (query.terms.length) return null;
  const fields = filtersInUse(query.filters).map(({ name, kind }) => field(FIELDS[name] || name, kind === "flag" ? "yes" : query.filters[name]));
  return [query.words.trim(), ...fields].filter(Boolean).join(" ") || null;
}

function field(name, value) {
  if (/^[<>=]/.test(value)) return name + value;
  return `${name}:${/^[\w./-]+$/.test(value) ? value : `"${value.replaceAll('"', "")}"`}`;
}
