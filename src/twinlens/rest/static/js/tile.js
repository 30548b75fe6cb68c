/** One photo in the grid: picture, rank, buttons to select it, mark it as a favourite and see its near copies. */

import { element, icon } from "./dom.js";
import { thumbnailAddress } from "./server.js";
import { clockOf, dayOf, nameOf } from "./facts.js";
import { captionOf, spokenName } from "./spoken.js";
import { gradeName, gradeOfMatch } from "./grades.js";
import { t } from "./texts.js";

const SIZES = [256, 512, 1024];
export const GONE = t("File is gone");

/**
 * @param {import("./search.js").Photo} photo
 * @param {{index: number, number: number, total: number, width: number, height: number, isSelected: boolean}} place
 */
export function tile(photo, { index, number, total, width, height, isSelected }) {
  const picture = element("img", { alt: "", draggable: "false", decoding: "async" });
  if (!photo.missing) picture.dataset.src = thumbnailAddress(photo.image_id, sizeFor(Math.max(width, height)), photo.at_s);
  const open = element("button", { type: "button", class: "open", tabindex: "-1", "data-act": "open" }, picture);
  const pick = element("button", { type: "button", class: "pick", tabindex: "-1", "data-act": "pick" }, icon("check"));
  const heart = element("button", { type: "button", class: "heart", tabindex: "-1", "data-act": "heart" }, icon("heart"));
  const like = element("button", { type: "button", class: "like", tabindex: "-1", "data-act": "like", title: t("Search for photos like this one, too") }, icon("similar"));
  const made = element("div", { class: "tile", "data-index": index, "data-id": photo.image_id }, open, pick, heart, like, badge(photo), length(photo), alike(photo), inPlaceOf(photo));
  made.classList.toggle("is-broken", Boolean(photo.missing));
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
  showNames(made, photo, { number, total });
  showSelected(made, isSelected);
  showFavourite(made, photo.is_favourite);
  return made;
}

/** What its buttons are called; the number tells them from those of other photos of that day. @param {HTMLElement} made @param {import("./search.js").Photo} photo @param {{number: number, total: number}} place */
export function showNames(made, photo, { number, total }) {
  const name = spokenName(photo);
  const text = made.querySelector(".alike")?.textContent;
  const labels = {
    ".open": labelOf(photo, number, total),
    ".pick": t("Select photo {number}: {name}", { number, name }),
    ".heart": t("Favourite, photo {number}: {name}", { number, name }),
    ".like": t("Add photo {number} to the search: {name}", { number, name }),
    ".alike": isStack(photo) ? t("{text}: show the others with photo {number}, {name}", { text, number, name }) : t("{text}: show near copies of photo {number}, {name}", { text, number, name }),
  };
  for (const [button, label] of Object.entries(labels)) made.querySelector(button)?.setAttribute("aria-label", label);
}

/** @param {HTMLElement} made @param {boolean} isSelected */
export function showSelected(made, isSelected) {
  made.classList.toggle("is-selected", isSelected);
  made.querySelector(".pick").setAttribute("aria-pressed", String(isSelected));
}

/** @param {HTMLElement} made @param {boolean} isFavourite */
export function showFavourite(made, isFavourite) {
  made.classList.toggle("is-favourite", isFavourite);
  made.querySelector(".heart").setAttribute("aria-pressed", String(isFavourite));
}

/** How sure the match is, as a word; null where it is not, or where results have no grades. @param {import("./search.js").Photo} photo */
export function gradeOf(photo) {
  return photo.rank && photo.grade ? photo.grade : null;
}

function badge(photo) {
  if (!photo.rank) return null;
  const grade = gradeOf(photo);
  return element("span", { class: "badge", "aria-hidden": "true", text: grade ? `${photo.rank} · ${gradeName(grade)}` : String(photo.rank) });
}

/** How long a video is, and where in it the match. */
function length(photo) {
  const times = timesOf(photo);
  return times && element("span", { class: "length", "aria-hidden": "true", text: `▶ ${times}` });
}

function timesOf({ duration_s: duration, at_s: at }) {
  if (!duration) return null;
  return typeof at === "number" ? `${clockOf(at)} / ${clockOf(duration)}` : clockOf(duration);
}

/** A button that shows the near copies that a photo stands for. */
function alike(photo) {
  if (!photo.num_alike) return null;
  const count = photo.num_alike;
  const text = isStack(photo) ? t("+{count} in this stack", { count }) : t("+{count} alike", { count });
  return element("button", { type: "button", class: "alike", tabindex: "-1", "data-act": "alike", text });
}

function isStack({ alike_kinds: kinds }) {
  return Boolean(kinds?.length) && !kinds.includes("near");
}

/** What is shown where there is no picture: the name, and why if that is known. @param {import("./search.js").Photo} photo */
export function inPlaceOf(photo) {
  const name = element("span", { class: "name", dir: "auto", text: nameOf(photo.image_id) });
  const why = photo.missing ? element("strong", { text: GONE }) : null;
  return element("span", { class: "broken-name", "aria-hidden": "true" }, why, name);
}

function labelOf(photo, number, total) {
  const grade = gradeOf(photo);
  const parts = [t("{number} of {total}", { number, total }), spokenName(photo)];
  if (photo.taken_at && captionOf(photo) !== null) parts.push(dayOf(photo.taken_at));
  if (photo.duration_s) parts.push(t("video of {length}", { length: clockOf(photo.duration_s) }));
  if (grade) parts.push(gradeOfMatch(grade));
  if (photo.duration_s && typeof photo.at_s === "number") parts.push(t("at {time}", { time: clockOf(photo.at_s) }));
  if (photo.missing) parts.push(t("file is gone"));
  if (photo.num_alike) parts.push(t("{count} alike", { count: photo.num_alike }));
  return parts.join(", ");
}

function sizeFor(pixels) {
  const wanted = pixels * Math.min(2, window.devicePixelRatio || 1);
  return SIZES.find((size) => size >= 0.85 * wanted) || SIZES.at(-1);
}
