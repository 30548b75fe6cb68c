/** What a photo is called for those who hear the page: its caption, else when and where it was taken, else its file's name. */

import { momentOfPhoto, nameOf, townOf } from "./facts.js";
import { t } from "./texts.js";

const LONGEST = 80; // characters of a caption; the rest is in the open photo

/** @param {{image_id: string, caption?: ?string, taken_at?: ?string, date_source?: ?string, place?: ?string}} photo as far as it is known */
export function spokenName(photo) {
  return captionOf(photo) ?? whenAndWhere(photo) ?? nameOf(photo.image_id);
}

/** Its caption, or how that begins; null without one. @returns {?string} */
export function captionOf({ caption }) {
  const letters = [...(caption ?? "").trim().replace(/\s+/g, " ")];
  if (!letters.length) return null;
  if (letters.length <= LONGEST) return letters.join("");
  const start = letters.slice(0, LONGEST).join("");
  const end = start.lastIndexOf(" ");
  return `${end > LONGEST / 2 ? start.slice(0, end) : start}…`; // some languages have no spaces
}

function whenAndWhere(photo) {
  const when = photo.taken_at ? momentOfPhoto(photo) : null;
  const where = photo.place ? townOf(photo.place) : null;
  return when && where ? t("{when}, {where}", { when, where }) : when ?? where;
}

/** Describes a picture; a caption may be in any language, so that of the page is not claimed for it. @param {HTMLImageElement} picture @param {object} photo */
export function describePicture(picture, photo) {
  picture.alt = spokenName(photo);
  if (captionOf(photo) === null) picture.removeAttribute("lang");
  else picture.lang = "";
}
