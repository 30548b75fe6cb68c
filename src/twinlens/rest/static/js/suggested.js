/** Queries to suggest: own recent searches, examples that this library answers, and what is written about its photos. */

import { recentSearches } from "./recent.js";
import { ask, Failure, isSilent } from "./server.js";
import { countOf } from "./facts.js";
import { code, translated } from "./texts.js";

const MOST = 8;
const MOST_RECENT = 3;
const MOST_EXAMPLES = 2;
const ICONS = { person: "person", place: "place", tag: "tag", album: "album", folder: "folder", camera: "camera", caption: "caption", name: "image", example: "search" };
/** @type {?Promise<string[]>} */
let asked = null;

/** Queries that this library answers; none while the server does not. @returns {Promise<string[]>} */
export function examples() {
  asked ||= Promise.all([fromServer(""), isUnderstood()]).then(([found, isOwn]) => {
    if (!found.length) asked = null; // an empty library may be filled meanwhile
    return found.map(({ query }) => (isOwn ? translated(query) : query));
  });
  return asked;
}

/** Whether the model takes queries in the language of the page. */
async function isUnderstood() {
  if (code === "en") return true;
  const { languages } = await answered("api/model", { languages: [] });
  return languages.includes(code);
}

/** The library has changed. */
export function forgetExamples() {
  asked = null;
}

/**
 * What a text may become; chosen ones have a `hash` (of a recent search) or a `query`.
 * @param {string} text that is being typed
 * @returns {Promise<import("./suggestion_list.js").Suggestion[]>}
 */
export async function suggestionsFor(text) {
  if (!text) return [];
  const recent = recentSearches().filter(({ words }) => isMore(words, text)).slice(0, MOST_RECENT);
  const [known, found] = await Promise.all([asked || [], fromServer(text)]);
  const likely = known.filter((words) => isMore(words, text)).slice(0, MOST_EXAMPLES);
  const all = [
    ...recent.map(({ hash, words }) => ({ text: words, value: { hash }, icon: "recent" })),
    ...likely.map((query) => ({ text: query, value: { query }, icon: ICONS.example })),
    ...found.map((one) => ({ text: one.text, value: { query: one.query }, icon: ICONS[one.kind], note: one.num_images && countOf(one.num_images) })),
  ];
  return all.filter((one, place) => all.findIndex(({ text: other }) => other === one.text) === place).slice(0, MOST);
}

function isMore(words, text) {
  return words.length > text.length && words.toLowerCase().includes(text.toLowerCase());
}

async function fromServer(text) {
  return (await answered(`api/suggest?${new URLSearchParams({ q: text, top_k: MOST })}`, { suggestions: [] })).suggestions;
}

/** An answer of the server, or what stands for it. */
async function answered(path, otherwise) {
  try {
    return await ask(path);
  } catch (error) {
    if (isSilent(error) || error instanceof Failure) return otherwise; // what else fails tells of it; a search works without
    throw error;
  }
}
