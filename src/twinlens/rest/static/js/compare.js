/** Two photos side by side, which are zoomed and moved together. */

import { element, iconButton, isTyped } from "./dom.js";
import { differences } from "./differences.js";
import { nameOf } from "./facts.js";
import { describePicture } from "./spoken.js";
import { notice } from "./notices.js";
import { ask, isSilent, photoAddress, thumbnailAddress } from "./server.js";
import { SCREEN_PX, screenAddress } from "./stage_picture.js";
import { Zoom } from "./zoom.js";
import { t } from "./texts.js";

const STEP_PX = 60; // of an arrow key
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Compare {
  constructor() {
    this.panes = [0, 1].map(() => new Pane());
    this.dialog = element(
      "dialog",
      { class: "viewer compare", "aria-labelledby": "compare-title" },
      element(
        "div",
        { class: "viewer-bar" },
        iconButton("close", t("Close"), () => this.dialog.close()),
        element("h2", { id: "compare-title", text: t("Compare") }),
        iconButton("minus", t("Smaller"), () => this.zoomBy(1 / 1.6)),
        iconButton("plus", t("Larger"), () => this.zoomBy(1.6)),
        iconButton("swap", t("Swap sides"), () => this.swap()),
      ),
      element("div", { class: "panes" }, ...this.panes.map((pane) => pane.element)),
    );
    document.body.append(this.dialog);
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.dialog.addEventListener("close", () => this.panes.forEach((pane) => pane.clear()));
    const [one, other] = this.panes;
    one.zoom.addEventListener("moved", () => other.zoom.follow(one.zoom));
    other.zoom.addEventListener("moved", () => one.zoom.follow(other.zoom));
  }

  /** @param {[string, string]} ids */
  async open(ids) {
    this.ids = ids;
    if (!this.dialog.open) this.dialog.showModal();
    this.panes[0].zoom.reset();
    try {
      const facts = await Promise.all(ids.map((id) => ask(`api/photo/${encodeURIComponent(id)}`)));
      if (ids === this.ids) this.panes.forEach((pane, place) => pane.show(facts[place], facts[1 - place]));
    } catch (error) {
      this.dialog.close();
      if (!isSilent(error)) notice(error.message);
    }
  }

  swap() {
    return this.open([...this.ids].reverse());
  }

  zoomBy(factor) {
    this.panes[0].zoom.by(factor);
  }

  onKey(event) {
    if (isTyped(event)) return;
    const arrow = ARROWS[event.key];
    const keys = {
      "+": () => this.zoomBy(1.6),
      "=": () => this.zoomBy(1.6),
      "-": () => this.zoomBy(1 / 1.6),
      0: () => this.panes[0].zoom.reset(),
      x: () => this.swap(),
    };
    if (arrow) this.panes[0].zoom.move(arrow[0] * STEP_PX, arrow[1] * STEP_PX);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  }
}

/** One of the two photos, and what is known of it. */
class Pane {
  constructor() {
    this.picture = element("img", { alt: "", draggable: "false" });
    this.stage = element("div", { class: "stage" }, this.picture);
    this.name = element("h3", { dir: "auto" });
    this.facts = element("dl", {});
    this.element = element("figure", { class: "pane" }, this.stage, element("figcaption", {}, this.name, this.facts));
    this.zoom = new Zoom(this.stage, this.picture);
    this.zoom.addEventListener("zoomed", () => this.useOriginal());
  }

  show(photo, other) {
    this.photo = photo;
    describePicture(this.picture, photo);
    this.picture.onerror = () => this.fallBack(thumbnailAddress(photo.image_id, SCREEN_PX)); // in a format that the browser cannot show
    this.picture.src = screenAddress(photo);
    this.name.textContent = nameOf(photo.image_id);
    this.facts.replaceChildren(...differences(photo, other));
  }

  fallBack(address) {
    this.picture.onerror = null;
    this.picture.src = address;
  }

  /** The original, once somebody looks closely; the picture before stays until it has come. */
  useOriginal() {
    const { photo } = this;
    const address = photo && photoAddress(photo.image_id);
    if (!photo || this.picture.getAttribute("src") !== thumbnailAddress(photo.image_id, SCREEN_PX)) return;
    const original = new Image();
    original.onload = () => photo === this.photo && this.fallBack(address);
    original.src = address;
  }

  clear() {
    this.photo = null;
    this.picture.onerror = null;
    this.picture.removeAttribute("src");
    this.facts.replaceChildren();
  }
}
