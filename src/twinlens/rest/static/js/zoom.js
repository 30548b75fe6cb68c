/** Zoom and pan of what the stage shows, as the CSS variable `--view`: wheel, double click, pinch, drag. */

import { pinchOf } from "./pinch.js";
import { isFromRight } from "./texts.js";

const MOST = 8;
const SWIPE_PX = 60;

/** Emits `swipe` (detail: −1 or 1), `zoomed`, and `moved` for every change that is not that of another. */
export class Zoom extends EventTarget {
  /** @param {HTMLElement} stage @param {HTMLImageElement} picture in it */
  constructor(stage, picture) {
    super();
    this.stage = stage;
    this.picture = picture;
    this.pointers = new Map();
    this.wereButtons = [false, false];
    this.reset();
    stage.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => this.onDoubleClick(event));
    stage.addEventListener("pointerdown", (event) => this.onDown(event));
    stage.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.onUp(event));
  }

  reset() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.apply();
  }

  /** Zooms around a point of the window, by default the centre. */
  by(factor, clientX, clientY) {
    const frame = this.stage.getBoundingClientRect();
    const x = (clientX ?? frame.left + frame.width / 2) - frame.left - frame.width / 2;
    const y = (clientY ?? frame.top + frame.height / 2) - frame.top - frame.height / 2;
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.apply();
    if (scale > 1) this.dispatchEvent(new Event("zoomed"));
  }

  /** Moves what is shown, in pixels. */
  move(x, y) {
    this.x += x;
    this.y += y;
    this.apply();
  }

  /** Shows the same part of its picture as another one does. @param {Zoom} other */
  follow({ scale, x, y }) {
    Object.assign(this, { scale, x, y });
    this.show();
    if (scale > 1) this.dispatchEvent(new Event("zoomed"));
  }

  apply() {
    this.show();
    this.dispatchEvent(new Event("moved"));
  }

  show() {
    const most = this.slack();
    this.x = Math.min(most.x, Math.max(-most.x, this.x));
    this.y = Math.min(most.y, Math.max(-most.y, this.y));
    this.stage.style.setProperty("--view", `translate(${this.x}px, ${this.y}px) scale(${this.scale})`);
    this.stage.classList.toggle("is-zoomed", this.scale > 1);
  }

  /** How far the picture may be moved: until its edge meets that of the stage, so a panorama is not pushed out of sight. */
  slack() {
    const { naturalWidth, naturalHeight, offsetWidth, offsetHeight } = this.picture;
    if (!naturalWidth) return { x: 0, y: 0 }; // it is still on its way
    const fit = Math.min(offsetWidth / naturalWidth, offsetHeight / naturalHeight) * this.scale || 0;
    return {
      x: Math.max(0, fit * naturalWidth - this.stage.clientWidth) / 2,
      y: Math.max(0, fit * naturalHeight - this.stage.clientHeight) / 2,
    };
  }

  onWheel(event) {
    event.preventDefault();
    this.by(Math.exp(-event.deltaY * 0.0022), event.clientX, event.clientY);
  }

  /** Two quick clicks on a button are not a double click, even if the first one removes the button. */
  onDoubleClick(event) {
    if (!this.wereButtons.includes(true)) this.by(this.scale > 1 ? 1 / this.scale : 2.5, event.clientX, event.clientY);
  }

  onDown(event) {
    const isButton = event.target.closest("button") !== null;
    this.wereButtons = [this.wereButtons[1], isButton];
    if (isButton) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.start = { x: event.clientX, y: event.clientY };
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const pinch = pinchOf(this.pointers, event.pointerId, now);
    if (pinch) {
      this.by(pinch.factor, pinch.x, pinch.y);
      this.start = null;
    } else if (this.scale > 1) this.move(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
  }

  onUp(event) {
    const isLast = this.pointers.delete(event.pointerId) && this.pointers.size === 0;
    if (!isLast || !this.start || this.scale > 1 || event.pointerType === "mouse") return;
    const moved = event.clientX - this.start.x;
    if (Math.abs(moved) > SWIPE_PX) this.dispatchEvent(new CustomEvent("swipe", { detail: moved < 0 === isFromRight ? -1 : 1 }));
  }
}
