/** The map of the library: one dot per photo, thumbnails when zoomed in; a lasso shows its photos as results. */

import { byId } from "./dom.js";
import { ask, isSilent, thumbnailAddress } from "./server.js";
import { countOf, nameOf } from "./facts.js";
import { pinchOf } from "./pinch.js";
import { leavesOut, mapAddress } from "./likeness/asked_photos.js";
import { GroupChips } from "./likeness/group_chips.js";
import { drawGroups } from "./map_groups.js";
import { isInside, Plane } from "./plane.js";
import { NOTHING } from "./query.js";
import { t } from "./texts.js";

const PICTURES = 400; // more would only hide each other
const PICTURE_PX = { least: 24, most: 96 };
const COVERED = 0.35; // maximum share of the window covered by pictures
const STEP_PX = 80;
const CLICK_PX = 4;
const KEPT_PICTURES = 600;
const AGAIN_MS = 1500; // while a better map is computed
const MOVE_MS = 700;
const FAINT = 0.2; // photos outside of the group that is pointed at
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Emits `open` (detail: id) and `caught` (detail: photos). */
export class LibraryMap extends EventTarget {
  /** @param {() => import("./query.js").Query} query the current one */
  constructor(query) {
    super();
    this.query = query;
    this.dialog = byId("map");
    this.canvas = byId("map-canvas");
    this.plane = new Plane();
    this.pictures = new Map();
    this.pointers = new Map();
    this.canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => this.onDown(event));
    this.canvas.addEventListener("pointermove", (event) => this.onMove(event));
    this.canvas.addEventListener("pointerup", (event) => this.onUp(event));
    this.canvas.addEventListener("pointercancel", (event) => this.onUp(event));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.chips = new GroupChips(byId("map-groups"));
    this.chips.addEventListener("choose", ({ detail: group }) => this.catch(group.rows));
    this.chips.addEventListener("point", ({ detail: group }) => this.pointAt(group));
    byId("map-search").addEventListener("click", () => this.narrow(!this.isNarrowed));
    byId("map-lasso").addEventListener("click", () => this.useLasso(!this.isLasso));
    byId("map-seen").addEventListener("click", () => this.catch(this.seen()));
    byId("map-in").addEventListener("click", () => this.zoom(1.6));
    byId("map-out").addEventListener("click", () => this.zoom(1 / 1.6));
    new ResizeObserver(() => this.dialog.open && this.fit()).observe(this.canvas);
  }

  async open() {
    this.dialog.showModal();
    this.useLasso(false);
    byId("map-search").hidden = !leavesOut(this.query());
    await this.narrow(leavesOut(this.query()));
  }

  /** Shows the photos of the search, or all. @param {boolean} isNarrowed */
  async narrow(isNarrowed) {
    this.isNarrowed = isNarrowed;
    byId("map-search").setAttribute("aria-pressed", String(isNarrowed));
    byId("map-status").textContent = t("Drawing the map…");
    this.dots = null;
    this.pointed = null;
    this.chips.show([]);
    this.plane.reset();
    this.fit(); // an empty map, until there is another
    await this.load();
  }

  /** Loads the map, and again until it is as good as it gets. */
  async load() {
    clearTimeout(this.waiting);
    const asked = (this.asked = Symbol("map"));
    try {
      const dots = await ask(await mapAddress(this.isNarrowed ? this.query() : NOTHING));
      if (asked !== this.asked) return;
      this.take(dots);
    } catch (error) {
      if (asked === this.asked && !isSilent(error)) byId("map-status").textContent = error.message;
      return;
    }
    if (!this.dots.is_final) this.waiting = setTimeout(() => this.dialog.open && this.load(), AGAIN_MS);
  }

  take(dots) {
    const { image_ids: ids, num_images: count, is_final: isFinal } = dots;
    const isSame = this.dots?.generation === dots.generation;
    this.before = isSame ? { x: ids.map((_, index) => this.placeOf(index)[0]), y: ids.map((_, index) => this.placeOf(index)[1]) } : null;
    this.began = isSame && !CALM.matches ? performance.now() : 0;
    if (this.isNarrowed && ids.length && !(isSame && this.dots.is_final)) this.plane.fit(dots.x, dots.y);
    this.dots = dots;
    this.chips.show(dots.groups ?? []);
    const counts = ids.length < count ? t("{shown} of {photos}", { shown: ids.length, photos: countOf(count) }) : countOf(count);
    byId("map-status").textContent = isFinal === false ? t("{counts}; similar ones are being put together…", { counts }) : counts;
    this.fit();
  }

  fit() {
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.plane, { width, height });
    this.soon();
  }

  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const brush = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    const scale = window.devicePixelRatio || 1;
    brush.setTransform(scale, 0, 0, scale, 0, 0);
    brush.clearRect(0, 0, this.plane.width, this.plane.height);
    if (!this.dots) return;
    const seen = this.seen();
    const isClose = seen.length <= PICTURES;
    brush.fillStyle = style.getPropertyValue("--dot");
    const radius = Math.min(6, 1.6 + 1.2 * Math.log2(1 + this.plane.scale));
    const side = Math.sqrt((COVERED * this.plane.width * this.plane.height) / Math.max(1, seen.length));
    for (const index of seen) {
      const [x, y] = this.pixelsOf(index);
      brush.globalAlpha = !this.pointed || this.pointed.has(index) ? 1 : FAINT;
      if (isClose && this.drawPicture(brush, index, x, y, side)) continue;
      brush.beginPath();
      brush.arc(x, y, radius, 0, 2 * Math.PI);
      brush.fill();
    }
    brush.globalAlpha = 1;
    if (!this.pointed) this.drawGroups(brush, style, isClose);
    if (this.lasso?.length > 1) this.drawLasso(brush, style);
    if (this.progress() < 1) this.soon();
  }

  drawGroups(brush, style, isClose) {
    if (this.progress() < 1) return; // they come when the dots have arrived
    const groups = (this.dots.groups ?? []).map((group) => {
      const [x, y] = this.plane.toPixels(group.x, group.y);
      return { ...group, x, y };
    });
    const colours = { text: style.getPropertyValue("--text"), halo: style.getPropertyValue("--bg"), line: style.getPropertyValue("--line") };
    drawGroups(brush, groups, { pictureOf: (id) => this.pictureOf(id), areLabelsOnly: isClose, colours });
  }

  /** How far the dots are on their way from the map before; 1 when they have arrived. */
  progress() {
    return this.began ? Math.min(1, (performance.now() - this.began) / MOVE_MS) : 1;
  }

  drawPicture(brush, index, x, y, side) {
    const picture = this.pictureOf(this.dots.image_ids[index]);
    if (!picture) return false;
    const longer = Math.min(PICTURE_PX.most, Math.max(PICTURE_PX.least, side));
    const scale = longer / Math.max(picture.naturalWidth, picture.naturalHeight);
    const [width, height] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
    brush.drawImage(picture, x - width / 2, y - height / 2, width, height);
    return true;
  }

  /** A photo's thumbnail; null until it is loaded. */
  pictureOf(id) {
    let picture = this.pictures.get(id);
    if (!picture) {
      if (this.pictures.size >= KEPT_PICTURES) this.pictures.delete(this.pictures.keys().next().value);
      picture = new Image();
      picture.addEventListener("load", () => this.soon());
      picture.src = thumbnailAddress(id, 128);
      this.pictures.set(id, picture);
    }
    return picture.complete && picture.naturalWidth ? picture : null;
  }

  drawLasso(brush, style) {
    brush.beginPath();
    this.lasso.forEach(([x, y], place) => (place ? brush.lineTo(x, y) : brush.moveTo(x, y)));
    brush.closePath();
    brush.strokeStyle = style.getPropertyValue("--accent");
    brush.lineWidth = 2;
    brush.stroke();
    brush.globalAlpha = 0.12;
    brush.fillStyle = style.getPropertyValue("--accent");
    brush.fill();
    brush.globalAlpha = 1;
  }

  /** Indices of the dots inside the window. */
  seen() {
    const { width, height } = this.plane;
    return this.where((x, y) => x > -8 && y > -8 && x < width + 8 && y < height + 8);
  }

  where(fits) {
    return (this.dots?.image_ids || []).map((_, index) => index).filter((index) => fits(...this.pixelsOf(index)));
  }

  pixelsOf(index) {
    return this.plane.toPixels(...this.placeOf(index));
  }

  /** Where a dot is now: on its way from the map before, or there. */
  placeOf(index) {
    const [x, y] = [this.dots.x[index], this.dots.y[index]];
    const left = (1 - this.progress()) ** 3;
    return left && this.before ? [x + left * (this.before.x[index] - x), y + left * (this.before.y[index] - y)] : [x, y];
  }

  catch(indices) {
    if (!indices.length) {
      if (this.dots) byId("map-status").textContent = t("No photo in this area.");
      return;
    }
    const { image_ids: ids, width, height, is_favourite: marks } = this.dots;
    const photos = indices.map((index) => ({
      image_id: ids[index], width: width[index], height: height[index], taken_at: null, is_favourite: marks[index],
    }));
    this.dialog.close();
    this.dispatchEvent(new CustomEvent("caught", { detail: photos }));
  }

  nearest(px, py) {
    let best = null;
    let least = 28;
    for (const index of this.seen()) {
      const [x, y] = this.pixelsOf(index);
      const away = Math.hypot(x - px, y - py);
      if (away < least) [best, least] = [index, away];
    }
    return best;
  }

  /** @param {?{rows: number[]}} group whose photos stand out; null for none */
  pointAt(group) {
    this.pointed = group && new Set(group.rows);
    this.soon();
  }

  useLasso(isLasso) {
    this.isLasso = isLasso;
    this.lasso = null;
    byId("map-lasso").setAttribute("aria-pressed", String(isLasso));
    this.canvas.classList.toggle("is-lasso", isLasso);
    this.soon();
  }

  zoom(factor, x, y) {
    this.plane.zoom(factor, x, y);
    this.soon();
  }

  onWheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * 0.002), event.offsetX, event.offsetY);
  }

  onDown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.moved = 0;
    if (this.isLasso || event.shiftKey) this.lasso = [[event.offsetX, event.offsetY]];
  }

  onMove(event) {
    const now = { x: event.offsetX, y: event.offsetY };
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.showName(this.dots && this.nearest(now.x, now.y));
    const pinch = pinchOf(this.pointers, event.pointerId, now);
    this.moved += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.lasso) this.lasso.push([now.x, now.y]);
    else if (pinch) this.plane.zoom(pinch.factor, pinch.x, pinch.y);
    else this.plane.move(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
    return this.soon();
  }

  onUp(event) {
    if (!this.pointers.delete(event.pointerId) || !this.dots) return;
    const { lasso } = this;
    this.lasso = null;
    if (lasso && this.moved > CLICK_PX) this.catch(this.where((x, y) => isInside(x, y, lasso)));
    else if (this.moved <= CLICK_PX && event.type === "pointerup") this.openAt(event.offsetX, event.offsetY);
    this.soon();
  }

  openAt(x, y) {
    const index = this.nearest(x, y);
    if (index !== null) this.dispatchEvent(new CustomEvent("open", { detail: this.dots.image_ids[index] }));
  }

  showName(index) {
    this.canvas.title = index === null || index === undefined ? "" : nameOf(this.dots.image_ids[index]);
  }

  onKey(event) {
    const moves = { ArrowLeft: [STEP_PX, 0], ArrowRight: [-STEP_PX, 0], ArrowUp: [0, STEP_PX], ArrowDown: [0, -STEP_PX] };
    if (moves[event.key]) this.plane.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.plane.zoom(1.6);
    else if (event.key === "-") this.plane.zoom(1 / 1.6);
    else if (event.key === "0") this.plane.reset();
    else if (event.key === "Enter") this.catch(this.seen());
    else return;
    event.preventDefault();
    this.soon();
  }
}
