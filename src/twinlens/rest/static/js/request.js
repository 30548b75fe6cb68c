/** Convert a query to a REST call. */

import { filterFields } from "./known_filters.js";
import { albumOf, asks } from "./query.js";

/** A page of results. @typedef {{top_k: number, offset: number}} Part */

/**
 * @param {import("./query.js").Query} query
 * @param {Part} part
 * @returns {Promise<{path: string, options: object}>}
 */
export async function requestOf(query, part) {
  const fields = { ...part, ...(await filterFields(query.filters)) };
  if (albumOf(query)) return { path: `api/albums/photos?${new URLSearchParams({ ...part, name: albumOf(query) })}`, options: {} };
  if (query.sort !== "relevance") fields.sort = query.sort;
  if (!asks(query)) return { path: `api/photos?${new URLSearchParams(fields)}`, options: {} };
  fields.group = true;
  const { words, weight } = wordsOf(query);
  const pictures = query.terms.filter((term) => term.kind !== "words");
  if (!pictures.length) return { path: "api/search/text", options: { json: { query: words, ...fields } } };
  if (words) Object.assign(fields, { query: words, query_weight: weight });
  const isUploaded = pictures.some((term) => term.kind === "upload");
  return { path: "api/search/image", options: isUploaded ? { form: formOf(pictures, fields) } : { json: { ...listsOf(pictures), ...fields } } };
}

/** Photos of the library: those that are wanted, and those whose like is left out. */
function listsOf(photos) {
  const those = (sign) => photos.filter((term) => term.sign === sign).map(({ value, region }) => ({ image_id: value, region }));
  return { images: those(1), without: those(-1) };
}

/** The same with pictures from elsewhere. */
function formOf(pictures, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const { kind, value, sign, region, file } of pictures) {
    if (kind === "upload") form.append(sign < 0 ? "without_file" : "file", file, "picture");
    else {
      form.append(sign < 0 ? "without_image_id" : "image_id", value);
      form.append(sign < 0 ? "without_image_region" : "image_region", region ?? "");
    }
  }
  return form;
}

/** The words of a query that has no pictures; null for others. @param {import("./query.js").Query} query @returns {?string} */
export function wordsAlone(query) {
  const isWords = asks(query) && !isOnlyMinus(query) && query.terms.every((term) => term.kind === "words");
  return isWords ? wordsOf(query).words : null;
}

/** True where nothing is wanted: such a sum would find the least similar photos. */
export function isOnlyMinus(query) {
  return asks(query) && !query.words.trim() && query.terms.every((term) => term.sign < 0);
}

/** All text terms as one sum, positive ones first; if all are negative, the sum has weight −1. */
function wordsOf(query) {
  const terms = query.terms.filter((term) => term.kind === "words");
  if (query.words.trim()) terms.unshift({ kind: "words", value: query.words.trim(), sign: 1 });
  const plus = terms.filter((term) => term.sign > 0).map((term) => term.value);
  const minus = terms.filter((term) => term.sign < 0).map((term) => term.value);
  if (!plus.length) return { words: minus.join(" + "), weight: -1 };
  return { words: [plus.join(" + "), ...minus].join(" - "), weight: 1 };
}
