/** The map of places: photos as clusters with a picture; a drawn area becomes a filter of the search. */

import { byId, isTyped } from "../dom.js";
import { countOf, numberOf } from "../facts.js";
import { filterFields } from "../known_filters.js";
import { wordsAlone } from "../request.js";
import { asks } from "../query.js";
import { ask, isSilent } from "../server.js";
import { t } from "../texts.js";
import { Clusters } from "./clusters.js";
import { Gestures } from "./gestures.js";
import { drawNames } from "./names.js";
import { Outline } from "./outline.js";
import { readArea, WorldView, written } from "./world_view.js";

const WAIT_MS = 120; // while the map moves
const STEP_PX = 96;
const FOOT_PX = 32; // with the scale
const SCALE_PX = 160; // the longest
const FIRST_ZOOM = 11; // the closest that it opens with
const CLOSE_ZOOM = 14; // the closest that a click on a cluster goes to at once
const APART_PX = 64; // photos that are not so far apart at the last zoom stay one cluster

/** Emits `open` (detail: id) and `within` (detail: an area as text). */
export class PlacesMap extends EventTarget {
  /** @param {() => import("../query.js").Query} query the current one */
  constructor(query) {
    super();
    this.query = query;
    this.dialog = byId("places");
    this.body = byId("places-body");
    this.canvas = byId("places-canvas");
    this.view = new WorldView();
    this.outline = new Outline();
    this.clusters = new Clusters(byId("places-clusters"), (cluster) => this.choose(cluster));
    this.gestures = new Gestures(this.body);
    this.gestures.addEventListener("move", ({ detail: { dx, dy } }) => this.change(() => this.view.move(dx, dy)));
    this.gestures.addEventListener("zoom", ({ detail: { steps, x, y } }) => this.zoom(steps, x, y));
    this.gestures.addEventListener("draw", ({ detail }) => this.drawRectangle(detail));
    this.gestures.addEventListener("drawn", ({ detail: { from, to } }) => this.take(this.view.between([from.x, from.y], [to.x, to.y])));
    byId("places-draw").addEventListener("click", () => this.draw(!this.gestures.isDrawing));
    byId("places-seen").addEventListener("click", () => this.take(this.view.area));
    byId("places-in").addEventListener("click", () => this.zoom(1));
    byId("places-out").addEventListener("click", () => this.zoom(-1));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.dialog.open && this.fit()).observe(this.body);
  }

  async open() {
    this.dialog.showModal();
    this.canvas.focus({ preventScroll: true });
    this.draw(false);
    this.clusters.show([]);
    this.found = null;
    byId("places-empty").hidden = true;
    byId("places-status").textContent = t("Drawing the map…");
    this.chosen = readArea(this.query().filters.within);
    this.isFitted = false;
    this.fit();
    await Promise.all([this.outline.load().catch((error) => isSilent(error) || this.say(error.message)), this.load()]);
    this.soon();
  }

  fit() {
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.body;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    this.view.resize(width, height);
    this.soon();
  }

  /** Asks for what is seen; an answer that is too late is dropped. */
  async load() {
    const asked = (this.asked = Symbol("places"));
    try {
      const found = await this.ask();
      if (asked !== this.asked || !this.dialog.open) return;
      this.show(found);
    } catch (error) {
      if (asked === this.asked && !isSilent(error)) this.say(error.message);
    }
  }

  async ask() {
    const query = this.query();
    const fields = { ...(await filterFields({ ...query.filters, within: "" })), box: written(this.view.area), zoom: this.view.zoom.toFixed(2) };
    const words = wordsAlone(query);
    this.isWhole = asks(query) && words === null; // nobody can tell which photos match a picture
    return ask(`api/places/map?${new URLSearchParams(words === null ? fields : { ...fields, query: words })}`);
  }

  show(found) {
    const isFirst = !this.isFitted;
    this.found = found;
    this.isFitted = true;
    byId("places-empty").hidden = found.num_placed > 0;
    byId("places-seen").disabled = byId("places-draw").disabled = !found.num_placed;
    this.say(this.told(found));
    const area = this.chosen || readArea(found.extent);
    if (isFirst && area) {
      this.view.fit(area, FIRST_ZOOM);
      this.load();
    } else this.clusters.show(found.clusters);
    this.soon();
  }

  told({ num_images: count, num_placed: placed }) {
    const counts = t("{placed} of {photos} with a place", { placed: numberOf(placed), photos: countOf(count) });
    return this.isWhole ? t("{counts}; the pictures of the search leave none out", { counts }) : counts;
  }

  say(text) {
    byId("places-status").textContent = text;
  }

  choose(cluster) {
    if (cluster.num_images === 1) return this.tell("open", cluster.image_id);
    const area = readArea(cluster.within);
    if (!this.view.canPart(area, APART_PX)) return this.tell("within", cluster.within);
    return this.change(() => this.view.fit(area, Math.max(this.view.zoom + 1, CLOSE_ZOOM), 96));
  }

  /** @param {import("./world_view.js").Area} area */
  take(area) {
    if (this.found?.num_placed) this.tell("within", written(area));
  }

  draw(isDrawing) {
    this.gestures.isDrawing = isDrawing;
    byId("places-draw").setAttribute("aria-pressed", String(isDrawing));
    this.body.classList.toggle("is-drawing", isDrawing);
    this.drawRectangle(null);
  }

  drawRectangle(rectangle) {
    this.rectangle = rectangle;
    this.soon();
  }

  zoom(steps, x, y) {
    this.change(() => this.view.zoomBy(steps, x, y));
  }

  change(act) {
    act();
    this.soon();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.load(), WAIT_MS);
  }

  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const brush = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    const scale = window.devicePixelRatio || 1;
    brush.setTransform(scale, 0, 0, scale, 0, 0);
    brush.clearRect(0, 0, this.view.width, this.view.height);
    this.outline.draw(brush, this.view, { land: colour("land"), line: colour("coast") });
    const taken = [...this.clusters.boxes(this.view), new DOMRect(0, this.view.height - FOOT_PX, this.view.width, FOOT_PX)];
    drawNames(brush, this.view, {
      countries: this.outline.names(this.view), towns: this.found?.towns ?? [], taken, colours: { name: colour("place-name"), halo: colour("land") },
    });
    if (this.chosen) this.paintArea(brush, this.cornersOf(this.chosen), colour("accent"), [6, 4]);
    if (this.rectangle) this.paintArea(brush, [this.rectangle.from, this.rectangle.to], colour("accent"), []);
    this.clusters.place(this.view);
    this.showScale();
  }

  showScale() {
    const { km, width } = this.view.scaleOf(SCALE_PX);
    const bar = byId("places-scale");
    bar.style.width = `${width}px`;
    bar.textContent = km < 1 ? `${numberOf(Math.round(1000 * km))} m` : `${numberOf(km)} km`;
  }

  cornersOf({ west, south, east, north }) {
    const [left, top] = this.view.toPixels(west, north);
    const [right, bottom] = this.view.toPixels(east, south);
    return [{ x: left, y: top }, { x: right < left ? right + this.view.size : right, y: bottom }];
  }

  paintArea(brush, [from, to], colour, dashes) {
    Object.assign(brush, { strokeStyle: colour, fillStyle: colour, lineWidth: 2 });
    brush.setLineDash(dashes);
    const box = [from.x, from.y, to.x - from.x, to.y - from.y];
    brush.globalAlpha = 0.07;
    brush.fillRect(...box);
    brush.globalAlpha = 1;
    brush.strokeRect(...box);
    brush.setLineDash([]);
  }

  onKey(event) {
    if (isTyped(event)) return;
    const moves = { ArrowLeft: [STEP_PX, 0], ArrowRight: [-STEP_PX, 0], ArrowUp: [0, STEP_PX], ArrowDown: [0, -STEP_PX] };
    if (moves[event.key]) this.change(() => this.view.move(...moves[event.key]));
    else if (event.key === "+" || event.key === "=") this.zoom(1);
    else if (event.key === "-") this.zoom(-1);
    else if (event.key === "0") this.change(() => this.found?.extent && this.view.fit(readArea(this.found.extent), FIRST_ZOOM));
    else if (event.key === "Enter") this.take(this.view.area);
    else return;
    event.preventDefault();
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
