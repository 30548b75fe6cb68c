/**
 * How a query was read: with emoji by name, unknown words, what was probably meant, and what to know about its fields.
 *
 * @typedef {{readAs: ?string, parts: {text: string, leftOut: ?string, without: ?string}[], unknown: string[], noneKnown: boolean, meant: ?string, notes: string[]}} Wording
 *   parts: what photos must be or have, and what is left out, leftOut; without: the query's text without that, where it can be told.
 */

import { byId, element, icon } from "./dom.js";
import { nameOf } from "./facts.js";
import { said } from "./server.js";
import { t } from "./texts.js";

/** Kinds of parts, and how they are said. */
const DEMANDS = { condition: (text) => text, without: (text) => t("without {text}", { text }) };

/** An answer with what it says in the reader's language. @param {object} found */
export async function inReadersWords(found) {
  const { read_as: readAs = null, ungraded = null, notes = [], parts = [] } = found;
  return {
    ...found,
    read_as: await said(readAs),
    ungraded: await said(ungraded),
    notes: await Promise.all(notes.map(said)),
    parts: await Promise.all(parts.map(async (part) => ({ ...part, told: part.kind in DEMANDS ? await said(part.text) : part.text }))),
  };
}

/** From an answer of the server; an older one says nothing of words. @returns {Wording} */
export function wordingOf(found) {
  return {
    readAs: found.read_as ?? null,
    parts: (found.parts ?? []).filter(({ kind, alternative }) => kind in DEMANDS && alternative === null).map(partOf),
    unknown: found.unknown_words ?? [],
    noneKnown: found.no_word_known ?? false,
    meant: found.did_you_mean ?? null,
    notes: found.notes ?? [],
  };
}

function partOf({ kind, text, told = text, query_without: without }) {
  return { text: DEMANDS[kind](told), leftOut: kind === "without" ? text : null, without: without ?? null };
}

/**
 * Shows each demand of a query as a chip that takes it away.
 * @param {import("./search.js").Results} results
 * @param {(words: string) => void} take
 */
export function showParts({ query, wording }, take) {
  const canRemove = (without) => without !== null && !query.terms.length; // else the text is not all that was searched
  const isShown = ({ leftOut }) => leftOut === null || !query.terms.some((term) => term.sign < 0 && isAbout(leftOut, term)); // it has a chip in the box
  const chips = (wording?.parts ?? []).filter(isShown).map(({ text, without }) =>
    element(
      "li",
      { class: "chip" },
      element("span", { text, dir: "auto" }),
      canRemove(without) && element(
        "button",
        { type: "button", class: "remove", "aria-label": t("Remove: {name}", { name: text }), on: { click: () => take(without) } },
        icon("close"),
      ),
    ),
  );
  const hadFocus = byId("parts").contains(document.activeElement);
  byId("parts").hidden = chips.length === 0;
  byId("parts").replaceChildren(...chips);
  if (hadFocus) byId("words").focus(); // the pressed button is gone
}

/** Whether what is left out is what a picture's chip says. */
function isAbout(text, { kind, value }) {
  if (kind === "words") return false;
  return kind === "upload" ? /^picture \d+$/.test(text) : `${text} `.startsWith(`${nameOf(value)} `);
}

/** What there is to say about the words. @param {import("./search.js").Results} results @returns {string[]} */
export function wordNotes({ wording, matches, query }) {
  if (!wording) return [];
  const isAllShown = wording.parts.length > 0 || query.terms.some(({ kind }) => kind !== "words"); // as chips
  const notes = [...wording.notes, ...(wording.readAs && !isAllShown ? [t("read as {query}", { query: wording.readAs })] : [])];
  const isSaid = wording.noneKnown && matches === 0; // in place of the number of matches
  if (wording.unknown.length && !isSaid) notes.push(unknownWords(wording));
  return notes;
}

/** "unknown word: “giraff”". @param {Wording} wording @param {{begins?: boolean}} place whether it begins a sentence */
export function unknownWords({ unknown, noneKnown }, { begins = false } = {}) {
  const words = unknown.map((word) => t("“{word}”", { word })).join(", ");
  if (!unknown.length) return begins ? t("There is no word in this query") : t("there is no word in this query");
  if (noneKnown) return begins ? t("No word of this query is known: {words}", { words }) : t("no word of this query is known: {words}", { words });
  return unknown.length === 1 ? t("unknown word: {words}", { words }) : t("unknown words: {words}", { words });
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
  button.textContent = meant ? t("Did you mean “{query}”?", { query: meant }) : "";
  button.onclick = () => take(meant);
}
