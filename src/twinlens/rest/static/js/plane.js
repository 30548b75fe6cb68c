/** The visible part of the map (pan and zoom), and lasso hit testing. */

const MOST = 60;
const MOST_FITTED = 8; // of a few photos that are close together: what is around them would be out of sight
const FILLED = 0.85; // of the window

/** Converts between coordinates in [0, 1] and pixels. */
export class Plane {
  constructor() {
    this.reset();
    this.width = this.height = 1;
  }

  reset() {
    this.scale = 1;
    this.x = 0.5; // the coordinates at the centre of the canvas
    this.y = 0.5;
  }

  /**
   * Shows a part of the map that has all these points, with room for their pictures.
   * @param {number[]} xs @param {number[]} ys
   */
  fit(xs, ys) {
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    this.scale = Math.min(MOST_FITTED, Math.max(1, FILLED / Math.max(right - left, bottom - top, 1e-6)));
    [this.x, this.y] = [(left + right) / 2, (top + bottom) / 2];
  }

  /** @param {number} x @param {number} y @returns {[number, number]} pixels */
  toPixels(x, y) {
    return [(x - this.x) * this.unitX() + this.width / 2, (y - this.y) * this.unitY() + this.height / 2];
  }

  move(dx, dy) {
    this.x = held(this.x - dx / this.unitX());
    this.y = held(this.y - dy / this.unitY());
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const scale = Math.min(MOST, Math.max(0.8, this.scale * factor));
    const [dx, dy] = [px - this.width / 2, py - this.height / 2];
    this.x = held(this.x + dx / this.unitX() - (dx / this.unitX()) * (this.scale / scale));
    this.y = held(this.y + dy / this.unitY() - (dy / this.unitY()) * (this.scale / scale));
    this.scale = scale;
  }

  unitX() {
    return 0.92 * this.width * this.scale;
  }

  unitY() {
    return 0.88 * this.height * this.scale;
  }
}

/**
 * Whether a point is inside a polygon: a ray to the right crosses its sides an odd number of times.
 * @param {number} x @param {number} y @param {[number, number][]} corners
 */
export function isInside(x, y, corners) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const [[xi, yi], [xj, yj]] = [corners[i], corners[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function held(place) {
  return Math.min(1.1, Math.max(-0.1, place));
}
