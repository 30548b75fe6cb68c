/**
 * The part of the Earth that is seen, in Mercator's projection: the Earth is a square with sides of 1.
 *
 * @typedef {{west: number, south: number, east: number, north: number}} Area in degrees; west is east of east across the 180th meridian
 */

export const TILE_PX = 256; // side of the Earth at zoom 0
const MOST = 17;
const TALL = 1.3; // the Antarctic would take much of a tall window
const MOST_OF_IT = 1.25; // widths of a tall window that the Earth takes at least: photos around the world are all in view
const EARTH_KM = 40_075; // around the equator
const DIGITS = 5; // of a degree: a metre
const LAST_PARALLEL = 85.0511287798;

/** Converts between degrees and pixels. */
export class WorldView {
  constructor() {
    Object.assign(this, { width: 1, height: 1, zoom: 0, x: 0.5, y: 0.4 }); // x, y: in the middle of the view
  }

  /** The Earth's width in pixels. */
  get size() {
    return TILE_PX * 2 ** this.zoom;
  }

  /** The view is never wider than the Earth, nor, unless it is narrow, higher than most of it from pole to pole. */
  get least() {
    return Math.log2(Math.max(this.width, Math.min(TALL * this.height, MOST_OF_IT * this.width)) / TILE_PX);
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    this.settle();
  }

  /** @returns {[number, number]} pixels of the copy of a place that is nearest to the middle */
  toPixels(longitude, latitude) {
    const across = xOf(longitude) - this.x;
    return [(across - Math.round(across)) * this.size + this.width / 2, (yOf(latitude) - this.y) * this.size + this.height / 2];
  }

  /** @returns {{longitude: number, latitude: number}} */
  toDegrees(px, py) {
    const x = this.x + (px - this.width / 2) / this.size;
    const y = this.y + (py - this.height / 2) / this.size;
    return { longitude: 360 * (x - Math.floor(x)) - 180, latitude: (Math.atan(Math.sinh(2 * Math.PI * (0.5 - y))) * 180) / Math.PI };
  }

  move(dx, dy) {
    this.x -= dx / this.size;
    this.y -= dy / this.size;
    this.settle();
  }

  zoomBy(steps, px = this.width / 2, py = this.height / 2) {
    const before = this.size;
    this.zoom = within(this.zoom + steps, this.least, MOST);
    const stays = 1 / before - 1 / this.size; // the point under the pointer stays there
    this.x += (px - this.width / 2) * stays;
    this.y += (py - this.height / 2) * stays;
    this.settle();
  }

  /** Shows all of an area. @param {Area} area @param {number} most zoom */
  fit(area, most = MOST, margin = 64) {
    const { width, height } = sizeOf(area);
    const room = [Math.max(64, this.width - 2 * margin) / width, Math.max(64, this.height - 2 * margin) / height];
    this.zoom = within(Math.log2(Math.min(...room) / TILE_PX), this.least, most);
    this.x = xOf(area.west) + width / 2;
    this.y = (yOf(area.north) + yOf(area.south)) / 2;
    this.settle();
  }

  /** Whether the sides of an area are longer than so many pixels at the last zoom, and it is not as close as that. @param {Area} area @param {number} px */
  canPart(area, px) {
    const { width, height } = sizeOf(area);
    return this.zoom < MOST && Math.max(width, height) * TILE_PX * 2 ** MOST > px;
  }

  /** What is seen. @returns {Area} */
  get area() {
    if (this.size <= this.width) return { west: -180, east: 180, ...this.parallels };
    return this.between([0, 0], [this.width, this.height]);
  }

  get parallels() {
    return { south: this.toDegrees(0, this.height).latitude, north: this.toDegrees(0, 0).latitude };
  }

  /** The area between two corners in pixels. @param {[number, number]} one @param {[number, number]} other @returns {Area} */
  between(one, other) {
    const [left, right] = [one[0], other[0]].sort((a, b) => a - b);
    const [top, bottom] = [one[1], other[1]].sort((a, b) => a - b);
    const [from, to] = [this.toDegrees(left, top), this.toDegrees(right, bottom)];
    return { west: from.longitude, south: to.latitude, east: to.longitude, north: from.latitude };
  }

  /** A round number of kilometres on the parallel in the middle. @param {number} px the longest @returns {{km: number, width: number}} width in pixels */
  scaleOf(px) {
    const { latitude } = this.toDegrees(this.width / 2, this.height / 2);
    const kmOfPixel = (EARTH_KM * Math.cos((latitude * Math.PI) / 180)) / this.size;
    const power = 10 ** Math.floor(Math.log10(px * kmOfPixel));
    const km = [5, 2, 1].map((digit) => digit * power).find((length) => length <= px * kmOfPixel);
    return { km, width: km / kmOfPixel };
  }

  settle() {
    this.zoom = within(this.zoom, this.least, MOST);
    this.x -= Math.floor(this.x);
    const half = this.height / 2 / this.size;
    this.y = half > 0.5 ? 0.5 : within(this.y, half, 1 - half);
  }
}

/** As the server reads it. @param {Area} area */
export function written({ west, south, east, north }) {
  return [west, south, east, north].map((side) => Number(side.toFixed(DIGITS))).join(",");
}

/** @param {string} text @returns {?Area} null for none, as in an address that was changed */
export function readArea(text) {
  const [west, south, east, north, ...more] = (text || "").split(",").map(Number);
  const isArea = !more.length && [west, south, east, north].every(Number.isFinite) && south <= north;
  return isArea ? { west, south, east, north } : null;
}

/** For people: "43.7–43.9° N, 11.1–11.4° E". @param {string} text */
export function areaInWords(text) {
  const area = readArea(text);
  if (!area) return text;
  const digits = area.north - area.south < 0.2 ? 2 : 1;
  return `${span(area.south, area.north, digits, ["S", "N"])}, ${span(area.west, area.east, digits, ["W", "E"])}`;
}

function span(low, high, digits, [minus, plus]) {
  const [from, to] = [low, high].map((side) => Math.abs(side).toFixed(digits));
  const [first, last] = [low, high].map((side) => (side < 0 ? minus : plus));
  return first === last ? `${from}–${to}° ${first}` : `${from}° ${first} – ${to}° ${last}`;
}

function sizeOf({ west, south, east, north }) {
  const width = xOf(east) - xOf(west);
  const tiny = 1e-9;
  return { width: Math.max(tiny, width < 0 ? width + 1 : width), height: Math.max(tiny, yOf(south) - yOf(north)) };
}

export function xOf(longitude) {
  return longitude / 360 + 0.5;
}

export function yOf(latitude) {
  const radians = (within(latitude, -LAST_PARALLEL, LAST_PARALLEL) * Math.PI) / 180;
  return 0.5 - Math.asinh(Math.tan(radians)) / (2 * Math.PI);
}

function within(value, least, most) {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
