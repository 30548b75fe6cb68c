/** What people give to photos: tags, stars, places in albums, captions. Every change of it goes through here. */

import { countOf } from "../facts.js";
import { tried } from "../marks.js";
import { notice } from "../notices.js";
import { may, whyNot } from "../permissions.js";
import { ask, given } from "../server.js";
import { t } from "../texts.js";

/**
 * Changes something, if the key may.
 * @param {string} what that is not allowed otherwise, such as t("rate photos")
 * @param {() => Promise<any>} act
 * @returns {Promise<any>} its answer; null if it did not succeed, which has been said
 */
export async function change(what, act) {
  if (!may("curate")) {
    notice(whyNot("curate", what));
    return null;
  }
  let answer = null;
  const isDone = await tried(async () => (answer = await act()));
  if (isDone) given.dispatchEvent(new Event("changed"));
  return isDone ? answer : null;
}

const post = (path, json) => ask(path, { json });

/** @param {string[]} ids @param {number} stars 0 takes the rating away */
export function rate(ids, stars) {
  return change(t("rate photos"), () => post("api/ratings", { image_ids: ids, stars }));
}

/** @param {string[]} ids @param {string[]} tags @param {boolean} isTagged false takes them away */
export function tag(ids, tags, isTagged = true) {
  return change(t("tag photos"), () => post("api/tags", { image_ids: ids, tags, is_tagged: isTagged }));
}

/** Puts photos into an album, which is made if it is new. @param {string[]} ids @param {string} name @param {boolean} isIn false takes them out */
export function collect(ids, name, isIn = true) {
  return change(t("change albums"), () => post("api/albums", { image_ids: ids, name, is_in: isIn }));
}

/** Puts photos of an album first. @param {string[]} ids @param {string} name */
export function putFirst(ids, name) {
  return change("change albums", () => post("api/albums/order", { image_ids: ids, name }));
}

/** Gives a photo a caption. @param {string} id @param {string} text @param {?string} before the caption that it replaces */
export function caption(id, text, before) {
  return change(t("change captions"), () => post("api/captions", { image_id: id, caption: text, instead_of: before }));
}

/** Takes a caption from a photo. @param {string} id @param {string} text */
export function uncaption(id, text) {
  return change(t("change captions"), () => post("api/captions", { image_id: id, caption: text, is_there: false }));
}

/** A photo's rating in words. @param {number} stars */
export function starsInWords(stars) {
  return stars ? t("{count} star|{count} stars", { count: stars }) : t("No rating");
}

/** What was done, for a notice. @param {number} count of photos @param {number} stars */
export function ratedInWords(count, stars) {
  const photos = countOf(count);
  return stars ? t("{photos}: {stars}.", { photos, stars: starsInWords(stars) }) : t("{photos}: no rating.", { photos });
}
