/** One photo in the grid: picture, rank, buttons to select it, mark it as a favourite and see its near copies. */

import { element, icon } from "./dom.js";
import { thumbnailAddress } from "./server.js";
import { dayOf, nameOf, numberOf } from "./facts.js";

const SIZES = [256, 512, 1024];
export const GONE = "File is gone";

/**
 * @param {import("./search.js").Photo} photo
 * @param {{index: number, total: number, width: number, height: number, isSelected: boolean}} place
 */
export function tile(photo, { index, total, width, height, isSelected }) {
  const name = nameOf(photo.image_id);
  const picture = element("img", { alt: "", draggable: "false", decoding: "async" });
  picture.addEventListener("load", () => picture.classList.add("is-loaded"));
  picture.addEventListener("error", () => made.classList.add("is-broken"));
  if (!photo.missing) picture.dataset.src = thumbnailAddress(photo.image_id, sizeFor(Math.max(width, height)));
  const open = element("button", { type: "button", class: "open", tabindex: "-1", "data-act": "open" }, picture);
  open.setAttribute("aria-label", labelOf(photo, index, total));
  const pick = element("button", { type: "button", class: "pick", tabindex: "-1", "data-act": "pick" }, icon("check"));
  pick.setAttribute("aria-label", `Select ${name}`);
  const heart = element("button", { type: "button", class: "heart", tabindex: "-1", "data-act": "heart" }, icon("heart"));
  heart.setAttribute("aria-label", `Favourite ${name}`);
  const made = element("div", { class: "tile", "data-index": index }, open, pick, heart, badge(photo), alike(photo), inPlaceOf(photo));
  made.classList.toggle("is-broken", Boolean(photo.missing));
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
  showSelected(made, isSelected);
  showFavourite(made, photo.is_favourite);
  return made;
}

/** Starts loading the picture. @param {HTMLElement} made */
export function load(made) {
  const picture = made.querySelector("img");
  if (!picture.dataset.src) return;
  picture.src = picture.dataset.src;
  delete picture.dataset.src;
  if (picture.complete && picture.naturalWidth) picture.classList.add("is-loaded");
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
  return element("span", { class: "badge", "aria-hidden": "true", text: grade ? `${photo.rank} · ${grade}` : String(photo.rank) });
}

/** A button that shows the near copies that a photo stands for. */
function alike(photo) {
  if (!photo.num_alike) return null;
  const text = `+${numberOf(photo.num_alike)} alike`;
  const made = element("button", { type: "button", class: "alike", tabindex: "-1", "data-act": "alike", text });
  made.setAttribute("aria-label", `${text}: show near copies of ${nameOf(photo.image_id)}`);
  return made;
}

/** What is shown where there is no picture: the name, and why if that is known. @param {import("./search.js").Photo} photo */
export function inPlaceOf(photo) {
  const name = element("span", { class: "name", dir: "auto", text: nameOf(photo.image_id) });
  const why = photo.missing ? element("strong", { text: GONE }) : null;
  return element("span", { class: "broken-name", "aria-hidden": "true" }, why, name);
}

function labelOf(photo, index, total) {
  const grade = gradeOf(photo);
  const parts = [`${index + 1} of ${total}`, nameOf(photo.image_id)];
  if (photo.taken_at) parts.push(dayOf(photo.taken_at));
  if (grade) parts.push(`${grade} match`);
  if (photo.missing) parts.push(GONE.toLowerCase());
  if (photo.num_alike) parts.push(`${numberOf(photo.num_alike)} alike`);
  return parts.join(", ");
}

function sizeFor(pixels) {
  const wanted = pixels * Math.min(2, window.devicePixelRatio || 1);
  return SIZES.find((size) => size >= 0.85 * wanted) || SIZES.at(-1);
}
