/**
 * What the server says, in the reader's language: its sentences are recognized by their patterns, which texts/server has.
 *
 * A pattern has {1}, {2} … where the server puts values in. In a translation, {1} is the value as it is; {1?} in the
 * reader's language if it is a sentence itself; {1!} demands that it is one, else the pattern does not fit. {n} is a number.
 */

import { code } from "./texts.js";

const LONG = 25; // characters of a pattern that nothing else looks like
const VALUE = /\{(\w)([?!]?)\}/;
const NUMBER = /^[\d.,]+$/;
const MOST_TRIED = 5000; // texts and ways to read them: some 50 ms; a name with many commas in it has more
const LONGEST = 2000; // characters

/** @typedef {{pieces: string[], parts: string[]}} Pattern pieces: the texts between the values; parts: of the translation, texts and values in turn */

/** @type {Map<string, string>} */
let texts = new Map();
/** In the order in which they are tried: clauses, then the longest first, and what joins sentences before what is short. @type {Pattern[]} */
let patterns = [];
/** @type {?Promise<void>} */
let loading = null;
/** What is known of the parts of one sentence. @type {Map<string, ?string>} */
let known = new Map();
let tried = 0;

/** A sentence in the reader's language; as it is where it is not known. @param {string} english @returns {Promise<string>} */
export async function inReadersWords(english) {
  await (loading ??= load().catch((error) => {
    loading = null; // it is tried again
    throw error;
  }));
  known = new Map();
  tried = 0;
  return english.length > LONGEST ? english : (sentence(english) ?? english);
}

async function load() {
  const answer = await fetch(new URL(`../texts/server/${code}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`${answer.status}: texts/server/${code}.json`);
  texts = new Map(Object.entries(await answer.json()));
  patterns = [...texts].filter(([english]) => VALUE.test(english)).map(patternOf).sort((one, other) => other.weight - one.weight);
}

function patternOf([english, translation]) {
  const pieces = english.split(/\{\w\}/);
  const clauses = pieces[1].startsWith(";");
  const isJoint = english.startsWith("{") && pieces.length === (translation.match(/!\}/g)?.length ?? 0) + 1; // of sentences
  return { pieces, parts: translation.split(/(\{\w[?!]?\})/), weight: isJoint ? (clauses ? Infinity : LONG) : pieces.join("").length };
}

/** @returns {?string} null if it is none of the server's sentences */
function sentence(english) {
  if (!known.has(english)) known.set(english, texts.get(english) ?? byPattern(english));
  return known.get(english);
}

function byPattern(english) {
  if (++tried > MOST_TRIED) return null;
  for (const { pieces, parts } of patterns) {
    if (!english.startsWith(pieces[0]) || !english.endsWith(pieces.at(-1))) continue;
    for (const values of valuesIn(english.slice(pieces[0].length), pieces.slice(1))) {
      if (++tried > MOST_TRIED) return null;
      const said = filled(parts, values);
      if (said !== null) return said;
    }
  }
  return null;
}

/** Each way to read a text as values with pieces after them. @param {string} text @param {string[]} pieces @returns {Generator<string[]>} */
function* valuesIn(text, [piece, ...others]) {
  if (!others.length) {
    const value = text.slice(0, text.length - piece.length);
    if (value && text.endsWith(piece)) yield [value];
    return;
  }
  for (let end = text.indexOf(piece, 1); end > 0; end = text.indexOf(piece, end + 1)) {
    for (const values of valuesIn(text.slice(end + piece.length), others)) yield [text.slice(0, end), ...values];
  }
}

/** A translation with its values; null where one must be a sentence and is none. */
function filled(parts, values) {
  let said = "";
  for (const part of parts) {
    const text = valued(part, values);
    if (text === null) return null;
    said += text;
  }
  return said;
}

function valued(part, values) {
  const [, number, how] = VALUE.exec(part) ?? [];
  if (!number) return part;
  if (number === "n") return NUMBER.test(values[0]) ? values[0] : null;
  const value = values[number - 1];
  return how ? (sentence(value) ?? (how === "!" ? null : value)) : value;
}
