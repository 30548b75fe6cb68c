/** The visible part of the map (pan and zoom), and lasso hit testing. */

const MOST = 60;

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
