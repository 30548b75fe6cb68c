/**
 * Layout of a justified grid: full-width rows of similar height, computed before any picture is loaded.
 *
 * @typedef {{top: number, height: number, first: number, widths: number[], title: ?string}} Row
 */

/** Very wide and very tall photos are cropped to these aspect ratios (width / height). */
const NARROWEST = 0.5;
const WIDEST = 3.2;
/** For photos of unknown size. */
const COMMON = 1.5;
const TITLE_PX = 48;

/** Aspect ratio (width / height) of a photo in the grid. @param {{width: ?number, height: ?number}} photo */
export function shapeOf(photo) {
  const shape = photo.width && photo.height ? photo.width / photo.height : COMMON;
  return Math.min(WIDEST, Math.max(NARROWEST, shape));
}

/** Justified rows that only grow at the end, so that visible photos never move. */
export class Layout {
  /**
   * @param {number} width of the grid, in pixels
   * @param {number} target height of a row
   * @param {number} gap between photos
   * @param {(first: string, last: string) => ?string} joined title of groups that share a row; null where they may not
   */
  constructor(width, target, gap, joined = () => null) {
    this.width = width;
    this.target = target;
    this.gap = gap;
    this.joined = joined;
    this.usual = target; // height of a full row
    /** @type {Row[]} */
    this.rows = [];
    this.height = 0;
    this.placed = 0;
    /** Titles of the group that is being placed, of the first that shares its row, and of one whose row is not placed yet. @type {?string} */
    this.title = null;
    this.first = null;
    this.waiting = null;
  }

  /**
   * Places photos that are not placed yet; the last ones wait until their row is full.
   * @param {import("./search.js").Photo[]} photos all of them
   * @param {(photo: object) => ?string} titleOf title of a photo's group
   * @param {boolean} isComplete no more photos will follow
   * @param {number[]} [seams] photos that begin a row, so that those behind them stay as they were
   */
  place(photos, titleOf, isComplete, seams = []) {
    let shapes = [];
    for (let index = this.placed; index < photos.length; index += 1) {
      const title = titleOf(photos[index]);
      if (shapes.length && seams.includes(index)) {
        this.addLast(shapes);
        shapes = [];
      }
      if (title !== this.title && !this.join(title, shapes)) {
        if (shapes.length) this.addLast(shapes);
        shapes = [];
        this.first = this.title = title;
        this.waiting = title; // its row is placed together with the first of its photos
      }
      shapes.push(shapeOf(photos[index]));
      if (this.heightOf(shapes) <= this.target) {
        this.addRow(shapes, this.heightOf(shapes));
        this.usual = this.rows.at(-1).height;
        shapes = [];
      }
    }
    if (isComplete && shapes.length) this.addLast(shapes);
    else if (this.waiting !== null) this.title = this.first = this.waiting = null; // its photos are looked at again
  }

  /** Whether photos of another group join those that do not fill a row yet. */
  join(title, shapes) {
    if (this.waiting === null || !shapes.length || title === null) return false;
    const joined = this.joined(this.first, title);
    if (joined === null) return false;
    this.title = title;
    this.waiting = joined;
    return true;
  }

  /** Index of the row at a height, by bisection. @param {number} y */
  rowAt(y) {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].top + this.rows[middle].height <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the row with a photo. @param {number} photo */
  rowOf(photo) {
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].first <= photo) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  heightOf(shapes) {
    const sum = shapes.reduce((total, shape) => total + shape, 0);
    return (this.width - this.gap * (shapes.length - 1)) / sum;
  }

  /** A row that is not full is as high as the full ones. */
  addLast(shapes) {
    this.addRow(shapes, Math.min(this.heightOf(shapes), this.usual));
  }

  addRow(shapes, height) {
    if (this.waiting !== null) this.addTitle(this.waiting);
    this.waiting = null;
    const widths = shapes.map((shape) => shape * height);
    this.rows.push({ top: this.height, height, first: this.placed, widths, title: null });
    this.placed += shapes.length;
    this.height += height + this.gap;
  }

  addTitle(title) {
    this.rows.push({ top: this.height, height: TITLE_PX, first: this.placed, widths: [], title });
    this.height += TITLE_PX;
  }
}
