/** Why a photo was found: what each part of the query adds to its place, and what is written about it. */

import { element } from "./dom.js";
import { requestOf } from "./request.js";
import { ask } from "./server.js";

const [MUCH, LITTLE] = [0.5, 0.05]; // of the part that counts most
const FIELDS = { meaning: "what it shows", feedback: "what you said of it" };

/**
 * Asks the search again for one of its results, with reasons.
 * @param {{query: import("./query.js").Query, rank: number}} found where the photo stands
 * @param {string} id
 * @returns {Promise<?object>} null where another photo stands there by now
 */
export async function reasonsOf({ query, rank }, id, signal) {
  const { path, options } = await requestOf(query, { top_k: 1, offset: rank - 1, explain: true });
  const answer = await ask(path, { ...options, signal });
  const [photo] = answer.results;
  if (photo?.image_id !== id || !answer.explanation) return null;
  return { ...answer.explanation.hits[0], foundBy: photo.found_by };
}

/** The same as a list, without numbers; null where there is nothing to tell. @param {?object} reasons */
export function reasonsList(reasons) {
  if (!reasons) return null;
  const parts = reasons.contributions.filter(({ contribution }) => contribution !== 0);
  const most = Math.max(...parts.map(({ contribution }) => Math.abs(contribution)));
  const rows = parts.length > 1 ? parts.map((part) => partRow(part, part.contribution / most)) : [];
  const fields = reasons.foundBy.map((name) => FIELDS[name] ?? `its ${name}`);
  const told = [fields.length && `Found by ${fields.join(", ")}`, reasons.score !== null && reasons.grade_reason].filter(Boolean).map(sentence);
  if (!rows.length && !told.length) return null;
  return element(
    "div",
    { class: "reasons" },
    rows.length > 0 && element("ul", { "aria-label": "Parts of the search" }, ...rows),
    ...told.map((text) => element("p", { text })),
  );
}

/** @param {number} share of the largest, with its sign */
function partRow({ text, weight }, share) {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(Math.abs(share)));
  const isLeftOut = text.startsWith("without ");
  const name = weight < 0 && !isLeftOut ? `less of ${text}` : text;
  const part = element("span", { class: "part", dir: "auto", text: name });
  return element("li", { class: share < 0 ? "is-against" : null }, part, bar, element("span", { class: "much", text: saidOf(share) }));
}

function saidOf(share) {
  if (Math.abs(share) < LITTLE) return "hardly counts";
  if (share < 0) return "counts against it";
  if (share === 1) return "counts most";
  return share >= MUCH ? "counts much" : "counts a little";
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}
