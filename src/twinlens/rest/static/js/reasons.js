/** Why a photo was found: what each part of the query adds to its place, and what is written about it. */

import { element } from "./dom.js";
import { gradeName } from "./grades.js";
import { requestOf } from "./request.js";
import { ask, said } from "./server.js";
import { t } from "./texts.js";

const [MUCH, LITTLE] = [0.5, 0.05]; // of the part that counts most
const FIELDS = {
  meaning: t("what it shows"),
  feedback: t("what you said of it"),
  name: t("its name"),
  folder: t("its folder"),
  caption: t("its caption"),
  tag: t("its tag"),
  album: t("its album"),
  title: t("its title"),
  description: t("its description"),
  keyword: t("its keyword"),
  person: t("its person"),
  place: t("its place"),
  text: t("its text"),
};

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
  const [{ contributions, grade_reason: gradeSaid, ...hit }] = answer.explanation.hits;
  const parts = contributions.map(async (part) => ({ ...part, text: await said(part.text), isLeftOut: part.text.startsWith("without ") }));
  return { ...hit, contributions: await Promise.all(parts), gradeSaid: await said(gradeSaid), foundBy: photo.found_by, photo };
}

/** The same as a list, without numbers; null where there is nothing to tell. @param {?object} reasons */
export function reasonsList(reasons) {
  if (!reasons) return null;
  const parts = reasons.contributions.filter(({ contribution }) => contribution !== 0);
  const most = Math.max(...parts.map(({ contribution }) => Math.abs(contribution)));
  const rows = parts.length > 1 ? parts.map((part) => partRow(part, part.contribution / most)) : [];
  const fields = reasons.foundBy.map((name) => FIELDS[name] ?? name);
  const told = [fields.length && t("Found by {what}", { what: fields.join(", ") }), reasons.score !== null && gradeReason(reasons)].filter(Boolean).map(sentence);
  if (!rows.length && !told.length) return null;
  return element(
    "div",
    { class: "reasons" },
    rows.length > 0 && element("ul", { "aria-label": t("Parts of the search") }, ...rows),
    ...told.map((text) => element("p", { text })),
  );
}

/** @param {number} share of the largest, with its sign */
function partRow({ text, weight, isLeftOut }, share) {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(Math.abs(share)));
  const name = weight < 0 && !isLeftOut ? t("less of {text}", { text }) : text;
  const part = element("span", { class: "part", dir: "auto", text: name });
  return element("li", { class: share < 0 ? "is-against" : null }, part, bar, element("span", { class: "much", text: saidOf(share) }));
}

function saidOf(share) {
  if (Math.abs(share) < LITTLE) return t("hardly counts");
  if (share < 0) return t("counts against it");
  if (share === 1) return t("counts most");
  return share >= MUCH ? t("counts much") : t("counts a little");
}

/** What the grade means; where the server has no probability, it says why itself. */
function gradeReason({ gradeSaid: reason, photo: { grade, probability, is_match: isMatch } }) {
  if (typeof probability !== "number") return reason;
  const share = t("of 100 hits with such a score about {count} are right", { count: Math.round(100 * probability) });
  if (grade) return t("{grade}: {share}", { grade: gradeName(grade), share });
  return isMatch ? t("no grade: {share}; it matches anyway, by what is written about it", { share }) : t("no grade: {share}", { share });
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}
