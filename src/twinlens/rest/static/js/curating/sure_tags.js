/** Gives selected photos the tags of the built-in list that fit for sure, and takes them away again. */

import { element } from "../dom.js";
import { notice } from "../notices.js";
import { ask } from "../server.js";
import { t } from "../texts.js";
import { change, tag } from "./given.js";

const AT_ONCE = 1000; // photos of a call
const NAMED = 6; // tags that the notice names

/** A button for it. @param {() => string[]} ids of the photos @returns {HTMLElement} */
export function sureTagsButton(ids) {
  const button = element("button", { type: "button", class: "plain", text: t("Add the tags that fit for sure") });
  button.addEventListener("click", async () => {
    button.disabled = true;
    notice(t("Looking for tags that fit; the first time takes up to a minute…"));
    await giveSureTags(ids());
    button.disabled = false;
  });
  return element("p", { class: "row-of-buttons" }, button);
}

async function giveSureTags(ids) {
  /** @type {Map<string, string[]>} tag → photos that got it */
  const given = new Map();
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const json = { image_ids: ids.slice(start, start + AT_ONCE), accept: true };
    const answer = await change(t("tag photos"), () => ask("api/tags/suggest", { json }));
    if (!answer) break; // what was given before stays, and is told
    for (const { image_id: id, suggested } of answer.results) {
      for (const { tag: name } of suggested) given.set(name, [...(given.get(name) ?? []), id]);
    }
  }
  if (given.size) tell(given);
  else if (ids.length) notice(t("No other tag fits for sure."));
}

function tell(given) {
  const count = new Set([...given.values()].flat()).size;
  const often = [...given].sort(([, one], [, other]) => other.length - one.length).map(([name]) => name);
  const names = often.slice(0, NAMED).join(", ") + (often.length > NAMED ? ", …" : "");
  const undo = async () => {
    for (const [name, photos] of given) if (!(await tag(photos, [name], false))) return;
  };
  notice(t("{count} photo got tags: {names}.|{count} photos got tags: {names}.", { count, names }), { label: t("Undo"), act: undo });
}
