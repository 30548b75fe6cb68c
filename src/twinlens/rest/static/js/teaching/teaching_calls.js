/** What the library is taught: words of one's own, opinions on searches, lessons. Every change of it goes through here. */

import { change } from "../curating/given.js";
import { ask } from "../server.js";
import { t } from "../texts.js";

const teach = (json) => change(t("teach the library"), () => ask("api/teach", { json }));

/** @returns {Promise<{said: {kind: string, subject: string, good: string[], bad: string[]}[], hasLesson: boolean}>} */
export async function taught() {
  const { feedback: said, has_lesson: hasLesson } = await ask("api/feedback");
  return { said, hasLesson };
}

/** Teaches a word by photos that show it, and others that only look like it. @param {string} word @param {{good?: string[], bad?: string[]}} photos */
export function teachWord(word, { good = [], bad = [] }) {
  return teach({ word, image_ids: good, not_image_ids: bad });
}

/** @param {string} word */
export function forgetWord(word) {
  return teach({ word, undo: true });
}

/** Forgets all that was said of a search. @param {string} words */
export function forgetOpinions(words) {
  return change(t("teach the library"), () => ask("api/feedback", { json: { query: words, forget: true } }));
}

/** Says it again. @param {string} words @param {{good: string[], bad: string[]}} photos */
export function sayAgain(words, { good, bad }) {
  return change(t("teach the library"), () => ask("api/feedback", { json: { query: words, good, bad } }));
}

/** Learns from all captions and opinions. */
export function learn() {
  return teach({});
}

/** Takes the last lesson back. */
export function undoLesson() {
  return teach({ undo: true });
}
