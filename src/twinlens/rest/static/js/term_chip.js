/** One term of the search as a chip: its words or picture, a button that turns its sign, and one that removes it. */

import { element, icon } from "./dom.js";
import { nameOf } from "./facts.js";
import { listedPhotos } from "./listed.js";
import { spokenName } from "./spoken.js";
import { readRegion, timeOf } from "./region.js";
import { thumbnailAddress } from "./server.js";
import { t } from "./texts.js";

/** How a term is turned: words become less of the sum, what is like a picture is left out. */
const SIGNS = {
  words: { less: (name) => t("Less like {name}; change", { name }), title: t("+ more like it, − less like it"), turned: "minus" },
  picture: { less: (name) => t("Not like {name}; change", { name }), title: t("Like it, or not like it"), turned: "not" },
};
const SIDE_PX = 56; // of the picture, for sharp screens
const SIDES = [256, 512, 1024]; // of thumbnails

/**
 * @param {import("./query.js").Term} term
 * @param {{turn: () => void, remove: () => void}} actions
 */
export function termChip(term, { turn, remove }) {
  const { less, title, turned } = SIGNS[term.kind === "words" ? "words" : "picture"];
  const sign = element("button", { type: "button", class: "sign", title, on: { click: turn } }, icon(term.sign > 0 ? "plus" : turned));
  const away = element("button", { type: "button", class: "remove", on: { click: remove } }, icon("close"));
  const shown = term.kind === "words" ? element("span", { text: term.value, dir: "auto" }) : pictureOf(term);
  const call = (name) => {
    sign.setAttribute("aria-label", term.sign > 0 ? t("More like {name}; change", { name }) : less(name));
    away.setAttribute("aria-label", t("Remove {name}", { name }));
    if (term.kind === "words") return;
    shown.title = name;
    shown.setAttribute(shown.matches("img") ? "alt" : "aria-label", name);
  };
  call(nameOfTerm(term));
  if (term.kind === "photo") listedPhotos([term.value]).then((known) => known.has(term.value) && call(nameOfTerm(term, spokenName(known.get(term.value)))));
  return element("li", { class: term.sign > 0 ? "chip" : "chip is-minus" }, sign, shown, away);
}

function nameOfTerm({ kind, value, region }, name = kind === "photo" ? nameOf(value) : value) {
  return region ? t("a part of {name}", { name }) : name;
}

function pictureOf(term) {
  const region = term.region && readRegion(term.region);
  if (region) return cropped(term.value, region, timeOf(term.region));
  const source = term.kind === "photo" ? thumbnailAddress(term.value, 256) : term.preview;
  return element("img", { src: source });
}

/** The part of a photo, cut from a thumbnail that is large enough for it. @returns {HTMLCanvasElement} */
function cropped(id, region, at) {
  const canvas = element("canvas", { width: SIDE_PX, height: SIDE_PX, role: "img" });
  const wanted = SIDE_PX / Math.max(region.width, region.height);
  const photo = new Image();
  photo.onload = () => drawPart(canvas, photo, region);
  photo.src = thumbnailAddress(id, SIDES.find((side) => side >= wanted) || SIDES.at(-1), at);
  return canvas;
}

/** Fills a canvas with the middle of a part, as `object-fit: cover` does. */
function drawPart(canvas, photo, { x, y, width, height }) {
  const [across, down] = [width * photo.naturalWidth, height * photo.naturalHeight];
  const side = Math.min(across, down);
  const [left, top] = [x * photo.naturalWidth + (across - side) / 2, y * photo.naturalHeight + (down - side) / 2];
  canvas.getContext("2d").drawImage(photo, left, top, side, side, 0, 0, canvas.width, canvas.height);
}
