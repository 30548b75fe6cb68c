/** Drags a photo out of the page: to the desktop as its file in Chromium, elsewhere as its address. */

import { nameOf } from "./facts.js";
import { photoAddress } from "./server.js";

const KINDS = { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif", heic: "image/heic", mp4: "video/mp4" };

/**
 * Says what a drag carries.
 * @param {DragEvent} event
 * @param {string} id of the photo
 */
export function carryPhoto(event, id) {
  const address = new URL(`${photoAddress(id)}?download=true`, document.baseURI).href;
  const name = nameOf(id).replaceAll(":", "_"); // a colon ends the name
  const kind = KINDS[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] || "application/octet-stream";
  event.dataTransfer.setData("DownloadURL", `${kind}:${name}:${address}`);
  event.dataTransfer.setData("text/uri-list", address);
  event.dataTransfer.effectAllowed = "copy";
}

/**
 * Lets a mouse drag photos out of a grid; a finger that rests on one selects it.
 * @param {HTMLElement} root
 * @param {(button: HTMLElement) => object} photoOf the photo that a button shows
 */
export function dragOut(root, photoOf) {
  root.addEventListener("pointerdown", (event) => {
    const button = event.target.closest(".open");
    if (button) button.draggable = event.pointerType === "mouse";
  });
  root.addEventListener("dragstart", (event) => {
    const button = event.target.closest(".open");
    const photo = button && photoOf(button);
    if (!photo || photo.missing) event.preventDefault();
    else carryPhoto(event, photo.image_id);
  });
}
