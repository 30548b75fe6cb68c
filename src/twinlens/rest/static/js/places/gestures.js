/** Moves and zooms a map by mouse, fingers and wheel, and draws a rectangle on it. */

import { pinchOf } from "../pinch.js";

const CLICK_PX = 5;
const WHEEL = 0.003; // zoom steps for each pixel

/** Emits `move` (detail: dx, dy), `zoom` (detail: steps, x, y), `draw` (detail: from, to; null when it ends) and `drawn`. */
export class Gestures extends EventTarget {
  /** @param {HTMLElement} surface */
  constructor(surface) {
    super();
    this.surface = surface;
    this.pointers = new Map();
    this.isDrawing = false; // a rectangle, not moving the map
    surface.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    surface.addEventListener("pointerdown", (event) => this.onDown(event));
    surface.addEventListener("pointermove", (event) => this.onMove(event));
    surface.addEventListener("pointerup", (event) => this.onUp(event));
    surface.addEventListener("pointercancel", (event) => this.onUp(event));
    surface.addEventListener("click", (event) => this.onClick(event), { capture: true });
    surface.addEventListener("dblclick", (event) => event.target.closest("button") || this.tell("zoom", { steps: 1, ...this.placeOf(event) }));
  }

  placeOf(event) {
    const { left, top } = this.surface.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  onWheel(event) {
    event.preventDefault();
    this.tell("zoom", { steps: -event.deltaY * WHEEL, ...this.placeOf(event) });
  }

  onDown(event) {
    if (event.button > 0) return;
    const place = this.placeOf(event);
    this.pointers.set(event.pointerId, place);
    if (this.pointers.size === 1) this.moved = 0;
    this.start = (this.isDrawing || event.shiftKey) && this.pointers.size === 1 ? place : null;
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.placeOf(event);
    this.moved += Math.hypot(now.x - before.x, now.y - before.y);
    // not before: a button would not be clicked
    if (this.moved > CLICK_PX && !this.surface.hasPointerCapture(event.pointerId)) this.surface.setPointerCapture(event.pointerId);
    const pinch = pinchOf(this.pointers, event.pointerId, now);
    if (pinch) this.tell("zoom", { steps: Math.log2(pinch.factor), x: pinch.x, y: pinch.y });
    else if (this.start) this.tell("draw", { from: this.start, to: now });
    else this.tell("move", { dx: now.x - before.x, dy: now.y - before.y });
    this.pointers.set(event.pointerId, now);
  }

  onUp(event) {
    const last = this.pointers.get(event.pointerId);
    if (!this.pointers.delete(event.pointerId) || !this.start) return;
    const { start } = this;
    this.start = null;
    const isDrawn = event.type === "pointerup" && Math.min(Math.abs(last.x - start.x), Math.abs(last.y - start.y)) > CLICK_PX;
    this.tell("draw", null);
    if (isDrawn) this.tell("drawn", { from: start, to: last });
  }

  /** What was moved was not clicked. */
  onClick(event) {
    if (this.moved <= CLICK_PX || event.detail === 0) return;
    event.preventDefault();
    event.stopPropagation();
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
