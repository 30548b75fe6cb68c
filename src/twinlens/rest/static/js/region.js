/**
 * A part of a picture, as fractions of its width and height from the upper left corner.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Region never changed: another takes its place
 * @typedef {{x: -1|0|1, y: -1|0|1}} Grip which side, or corner, is moved; 0 is none
 */

const LEAST = 0.04; // of a side
const DIGITS = 3; // of a photo with 6,000 pixels a side, a step is 6

/** @param {Region} region @param {number} dx @param {number} dy @returns {Region} as large as before, within the picture */
export function moved(region, dx, dy) {
  return { ...region, x: within(region.x + dx, 0, 1 - region.width), y: within(region.y + dy, 0, 1 - region.height) };
}

/** @param {Region} region @param {Grip} grip @param {number} dx @param {number} dy @returns {Region} */
export function resized(region, grip, dx, dy) {
  const [x, width] = side(region.x, region.width, grip.x, dx);
  const [y, height] = side(region.y, region.height, grip.y, dy);
  return { x, y, width, height };
}

/** The region between two points. @returns {Region} */
export function between(one, other) {
  const [x, width] = span(one.x, other.x);
  const [y, height] = span(one.y, other.y);
  return { x, y, width, height };
}

/** What of a region lies around its middle. @param {Region} region @param {number} share of each side */
export function middleOf({ x, y, width, height }, share) {
  const rest = (1 - share) / 2;
  return { x: x + rest * width, y: y + rest * height, width: share * width, height: share * height };
}

/**
 * Which part of the frame a point is close to; null for none.
 * @param {Region} region @param {{x: number, y: number}} point
 * @param {{x: number, y: number}} reach how close that is
 * @returns {?Grip}
 */
export function gripAt({ x, y, width, height }, point, reach) {
  const [across, down] = [near(point.x, x, width, reach.x), near(point.y, y, height, reach.y)];
  return across === null || down === null || (!across && !down) ? null : { x: across, y: down };
}

/** Whether a point lies in a region. */
export function holds({ x, y, width, height }, point) {
  return point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height;
}

/** As the server reads it: "0.1,0.25,0.4,0.5", or with the seconds of a video "0.1,0.25,0.4,0.5@83.5". @param {Region} region @param {?number} [at] */
export function written({ x, y, width, height }, at = null) {
  const place = [x, y, width, height].map((value) => Number(value.toFixed(DIGITS))).join(",");
  return at === null ? place : `${place}@${Number(at.toFixed(DIGITS))}`;
}

/** The time of a region of a video, in seconds; null for one of a photo. @param {string} text */
export function timeOf(text) {
  const at = text.includes("@") ? Number(text.split("@")[1]) : NaN;
  return at >= 0 ? at : null;
}

/** @param {string} text @returns {?Region} null for none of a picture, as in an address that was changed */
export function readRegion(text) {
  const [x, y, width, height, ...more] = text.split("@")[0].split(",").map(Number);
  const isRegion = !more.length && x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 1.01 && y + height <= 1.01;
  return isRegion ? { x, y, width, height } : null;
}

function side(start, length, grip, step) {
  const end = start + length;
  if (grip < 0) {
    const moved = within(start + step, 0, end - LEAST);
    return [moved, end - moved];
  }
  return [start, grip > 0 ? within(end + step, start + LEAST, 1) - start : length];
}

function span(one, other) {
  const [low, high] = [Math.min(one, other), Math.max(one, other)].map((place) => within(place, 0, 1));
  const length = Math.max(LEAST, high - low);
  return [Math.min(low, 1 - length), length];
}

/** −1 at the start of a side, 1 at its end, 0 between them, null outside. */
function near(place, start, length, reach) {
  if (place < start - reach || place > start + length + reach) return null;
  const [toStart, toEnd] = [Math.abs(place - start), Math.abs(place - start - length)];
  if (Math.min(toStart, toEnd) > Math.min(reach, length / 3)) return place < start || place > start + length ? null : 0;
  return toStart < toEnd ? -1 : 1;
}

function within(value, least, most) {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
