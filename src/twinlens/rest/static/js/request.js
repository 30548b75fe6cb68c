/** Convert a query to a REST call. */

import { filterFields } from "./known_filters.js";
import { asks } from "./query.js";

/** A page of results. @typedef {{top_k: number, offset: number}} Part */

/**
 * @param {import("./query.js").Query} query
 * @param {Part} part
 * @returns {Promise<{path: string, options: object}>}
 */
export async function requestOf(query, part) {
  const fields = { ...part, ...(await filterFields(query.filters)) };
  if (!asks(query)) return { path: `api/photos?${new URLSearchParams(fields)}`, options: {} };
  fields.group = true;
  if (query.sort === "date") fields.sort = "date";
  const { words, weight } = wordsOf(query);
  const pictures = query.terms.filter((term) => term.kind !== "words");
  if (!pictures.length) return { path: "api/search/text", options: { json: { query: words, ...fields } } };
  if (words) Object.assign(fields, { query: words, query_weight: weight });
  const uploads = pictures.filter((term) => term.kind === "upload");
  const photos = pictures.filter((term) => term.kind === "photo");
  if (!uploads.length) {
    const images = photos.map((term) => ({ image_id: term.value, weight: term.sign }));
    return { path: "api/search/image", options: { json: { images, ...fields } } };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const term of uploads) {
    form.append("file", term.file, "picture");
    form.append("weight", String(term.sign));
  }
  for (const term of photos) {
    form.append("image_id", term.value);
    form.append("image_weight", String(term.sign));
  }
  return { path: "api/search/image", options: { form } };
}

/** True for a sum with only negative terms: it would find the least similar photos. */
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
