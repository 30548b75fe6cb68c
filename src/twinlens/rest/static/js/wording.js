/**
 * How the words of a query were read: emoji by name, unknown words, and what was probably meant.
 *
 * @typedef {{readAs: ?string, unknown: string[], noneKnown: boolean, meant: ?string}} Wording
 */

import { byId } from "./dom.js";

/** From an answer of the server; an older one says nothing of words. @returns {Wording} */
export function wordingOf(found) {
  return {
    readAs: found.read_as ?? null,
    unknown: found.unknown_words ?? [],
    noneKnown: found.no_word_known ?? false,
    meant: found.did_you_mean ?? null,
  };
}

/** What there is to say about the words. @param {import("./search.js").Results} results @returns {string[]} */
export function wordNotes({ wording, matches }) {
  if (!wording) return [];
  const notes = wording.readAs ? [`read as ${wording.readAs}`] : [];
  const isSaid = wording.noneKnown && matches === 0; // in place of the number of matches
  if (wording.unknown.length && !isSaid) notes.push(unknownWords(wording));
  return notes;
}

/** "unknown word: “giraff”". @param {Wording} wording @param {{begins?: boolean}} place whether it begins a sentence */
export function unknownWords({ unknown, noneKnown }, { begins = false } = {}) {
  const words = unknown.map((word) => `“${word}”`).join(", ");
  if (noneKnown) return `${begins ? "No" : "no"} word of this query is known: ${words}`;
  return `unknown ${unknown.length === 1 ? "word" : "words"}: ${words}`;
}

/**
 * Offers the query with its words corrected.
 * @param {import("./search.js").Results} results
 * @param {(words: string) => void} take
 */
export function offerCorrection({ query, wording }, take) {
  const button = byId("did-you-mean");
  const meant = wording?.meant && !query.terms.length ? wording.meant : null;
  button.hidden = !meant;
  button.textContent = meant ? `Did you mean “${meant}”?` : "";
  button.onclick = () => take(meant);
}
