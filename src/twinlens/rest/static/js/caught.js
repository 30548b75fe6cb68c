/** Photos that a lasso on the map has caught, kept for this window by a name in its address, so that they survive a reload. */

import { listedPhotos } from "./listed.js";

const PREFIX = "twinlens.caught.";
const MOST = 8; // of the last ones; the browser keeps 5 MB for all
const NEAR = 200; // photos from the top of the window on

/** Finds out what caught photos are called, of which the map knows nothing but where they are: once they come into view. @param {import("./grid.js").Grid} grid */
export function nameCaught(grid) {
  grid.addEventListener("moved", async ({ detail: first }) => {
    const from = first - grid.first;
    const unnamed = grid.photos.slice(from, from + NEAR).filter(({ caption }) => caption === undefined);
    if (!unnamed.length) return;
    for (const photo of unnamed) photo.caption = null; // asked for once
    const known = await listedPhotos(unnamed.map((photo) => photo.image_id));
    for (const photo of unnamed) Object.assign(photo, known.get(photo.image_id)); // other photos may be shown meanwhile
    grid.learn(known);
  });
}

/** @param {object[]} photos @returns {string} the name; "" where the browser keeps nothing */
export function keepCaught(photos) {
  const names = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).sort();
  for (const old of names.slice(0, Math.max(0, names.length - MOST + 1))) sessionStorage.removeItem(old);
  const name = Date.now().toString(36);
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(photos));
    return name;
  } catch {
    return ""; // too large, or storage is off: they are shown until the page is loaded anew
  }
}

/** @param {string} name @returns {?object[]} null if they are not known here, as behind a link from another window */
export function readCaught(name) {
  return JSON.parse(sessionStorage.getItem(PREFIX + name) || "null");
}
