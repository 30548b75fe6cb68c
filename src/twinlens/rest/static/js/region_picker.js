/** In an open photo, a part of it to search by: drawn with mouse or finger, moved and resized by keys, too. */

import { byId, element, iconButton, isTyped } from "./dom.js";
import { between, gripAt, holds, middleOf, moved, resized, written } from "./region.js";
import { t } from "./texts.js";

const STEP = 0.02; // of the picture, for a key
const REACH_PX = { mouse: 12, pen: 16, touch: 24 };
const BRACKET_PX = 20;
const LABEL = t("Part of the photo to search by. Arrow keys move it, with Shift they change its size. Enter searches.");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SVG = "http://www.w3.org/2000/svg";

/** Emits `chosen` (detail: {id, region: text, isAdded: to what is searched already}). */
export class RegionPicker extends EventTarget {
  /** @param {import("./viewer.js").Viewer} viewer */
  constructor(viewer) {
    super();
    this.viewer = viewer;
    this.stage = byId("stage");
    this.picture = byId("viewer-picture");
    this.makeParts();
    viewer.addEventListener("show", () => this.close());
    viewer.zoom.addEventListener("moved", () => this.isOpen && this.show(this.region));
    viewer.addEventListener("close", () => this.close());
    viewer.dialog.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    const listeners = { pointerdown: this.onDown, pointermove: this.onMove, pointerup: this.onUp, pointercancel: this.onUp, dblclick: () => {} };
    for (const [name, listener] of Object.entries(listeners)) {
      this.layer.addEventListener(name, (event) => {
        event.stopPropagation(); // the stage would move the photo
        listener.call(this, event);
      });
    }
  }

  makeParts() {
    const button = (text, act, look = "plain") => element("button", { type: "button", class: look, text, on: { click: act } });
    const label = t("Search a part of this photo");
    this.opener = iconButton("part", label, () => this.open(), { class: "icon-button part-opener" });
    this.layer = document.createElementNS(SVG, "svg"); // fits into its place as the photo does
    for (const [name, value] of Object.entries({ class: "region-layer", role: "application", tabindex: "0", "aria-label": LABEL })) {
      this.layer.setAttribute(name, value);
    }
    [this.shade, this.frame] = ["shade", "frame"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      return path;
    });
    this.layer.append(this.shade, this.frame);
    this.place = element("p", { class: "unseen", role: "status" });
    this.bar = element(
      "div",
      { class: "region-bar", role: "group", "aria-label": t("Part of the photo"), hidden: true },
      element("p", { text: t("Draw around what to search for") }),
      button(t("Search this part"), () => this.choose(false), "main-button"),
      button(t("Add to search"), () => this.choose(true)),
      button(t("Cancel"), () => this.close()),
      this.place,
    );
    this.stage.append(this.opener, this.bar);
  }

  get isOpen() {
    return !this.bar.hidden;
  }

  /** Begins in the middle of what is seen of the photo; a video stands still at the moment that is seen. */
  async open() {
    const isSlideshow = this.viewer.dialog.classList.contains("is-playing");
    if (this.isOpen || isSlideshow) return;
    const { id } = this.viewer;
    this.at = await this.viewer.picture.holdStill();
    const { naturalWidth: width, naturalHeight: height } = this.picture;
    if (this.isOpen || this.viewer.id !== id) return;
    if (!width) {
      this.viewer.picture.goOn();
      return;
    }
    this.size = { width, height };
    this.layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.after(this.layer);
    this.bar.hidden = false;
    this.stage.classList.add("is-choosing");
    const seen = this.stage.getBoundingClientRect();
    this.show(middleOf(between(this.pointAt(seen.left, seen.top), this.pointAt(seen.right, seen.bottom)), 0.5));
    this.layer.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.bar.contains(document.activeElement) || this.layer === document.activeElement;
    this.layer.remove();
    this.bar.hidden = true;
    this.stage.classList.remove("is-choosing");
    this.viewer.picture.goOn();
    if (hadFocus && this.viewer.isOpen) this.opener.focus();
  }

  choose(isAdded) {
    this.dispatchEvent(new CustomEvent("chosen", { detail: { id: this.viewer.id, region: written(this.region, this.at), isAdded } }));
  }

  /** @param {import("./region.js").Region} region */
  show(region) {
    this.region = region;
    const { width, height } = this.size;
    const [left, top, right, bottom] = [region.x * width, region.y * height, (region.x + region.width) * width, (region.y + region.height) * height];
    const box = `M${left} ${top}H${right}V${bottom}H${left}Z`;
    this.shade.setAttribute("d", `M0 0H${width}V${height}H0Z${box}`);
    const { scale } = this.fit();
    this.layer.style.setProperty("--pixel", String(1 / scale)); // lines are as thin where the photo is zoomed
    const length = Math.min(BRACKET_PX / scale, (right - left) / 3, (bottom - top) / 3);
    const corners = [[left, top, 1, 1], [right, top, -1, 1], [left, bottom, 1, -1], [right, bottom, -1, -1]];
    this.frame.setAttribute("d", corners.map(([x, y, dx, dy]) => `M${x} ${y + dy * length}V${y}H${x + dx * length}`).join(""));
  }

  /** A point of the window in the picture, as fractions. */
  pointAt(x, y) {
    const { left, top, scale } = this.fit();
    return { x: (x - left) / scale / this.size.width, y: (y - top) / scale / this.size.height };
  }

  /** Where the picture lies in the window, and how large one of its pixels is. */
  fit() {
    const { left, top, width, height } = this.layer.getBoundingClientRect();
    const scale = Math.min(width / this.size.width, height / this.size.height);
    return { left: left + (width - scale * this.size.width) / 2, top: top + (height - scale * this.size.height) / 2, scale };
  }

  onDown(event) {
    const point = this.pointAt(event.clientX, event.clientY);
    const pixels = REACH_PX[event.pointerType] ?? REACH_PX.mouse;
    const reach = pixels / this.fit().scale;
    const grip = gripAt(this.region, point, { x: reach / this.size.width, y: reach / this.size.height });
    const [start, { region }] = [point, this];
    if (grip) this.drag = (to) => resized(region, grip, to.x - start.x, to.y - start.y);
    else if (holds(region, point)) this.drag = (to) => moved(region, to.x - start.x, to.y - start.y);
    else this.drag = (to) => between(start, to);
    this.layer.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    if (this.drag && event.isPrimary) this.show(this.drag(this.pointAt(event.clientX, event.clientY)));
  }

  onUp() {
    this.drag = null;
  }

  onKey(event) {
    if (isTyped(event)) return;
    if (!this.isOpen) {
      if (event.key === "r") this.open();
      return;
    }
    const arrow = ARROWS[event.key];
    const isOnButton = event.target.closest("button") !== null;
    if (arrow) this.step(event.shiftKey, arrow);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && !isOnButton) this.choose(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  step(isResized, [dx, dy]) {
    const change = isResized ? (region, x, y) => resized(region, { x: 1, y: 1 }, x, y) : moved;
    this.show(change(this.region, dx * STEP, dy * STEP));
    const { x, y, width, height } = this.region;
    const [left, top, across, down] = [x, y, width, height].map((share) => Math.round(100 * share));
    this.place.textContent = t("{across} by {down} hundredths of the photo, {left} from the left, {top} from the top", { across, down, left, top });
  }
}
