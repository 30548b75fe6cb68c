/** The photos of a share in rows; more are loaded on the way down. */

import { element } from "../dom.js";
import { clockOf, dayOf } from "../facts.js";
import { Layout, shapeOf } from "../layout.js";
import { t } from "../texts.js";
import { pictureAddress } from "./share.js";

const ROWS_PX = [[600, 140], [1600, 220], [Infinity, 280]]; // up to a width of the wall, the height of its rows
const OF_WINDOW = 0.7; // the highest row, where a few photos fill the only one
const GAP_PX = 8;
const SIZES = [256, 512, 1024, 2048];
const AHEAD = "1500px";

/** Emits `open` (detail: the photo's index) and `end` (more photos are needed). Near copies stand behind the first of them, until they are unfolded. */
export class PhotoWall extends EventTarget {
  /** @param {HTMLElement} root @param {import("./share.js").Share} share */
  constructor(root, share) {
    super();
    Object.assign(this, { root, share, photos: [], loaded: [], isUnfolded: false, width: 0 });
    this.foot = element("div");
    this.onEnd = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.dispatchEvent(new Event("end")), { rootMargin: AHEAD });
    root.replaceChildren();
    root.after(this.foot);
    new ResizeObserver(() => this.onResize()).observe(root);
  }

  /** How many photos there are to see. */
  get total() {
    return this.isUnfolded ? this.share.num_photos : this.share.num_entries;
  }

  get isWhole() {
    return this.loaded.length >= this.share.num_photos;
  }

  /** Adds photos at the end. @param {import("./share.js").SharedPhoto[]} photos */
  add(photos) {
    this.loaded.push(...photos);
    this.append(photos);
  }

  /** Shows near copies one by one, or behind the first of them. */
  unfold(isUnfolded) {
    this.isUnfolded = isUnfolded;
    this.photos.length = 0; // the viewer has the same list
    this.root.replaceChildren();
    this.append(this.loaded);
  }

  append(photos) {
    const first = this.photos.length;
    const shown = photos.filter((photo) => this.isUnfolded || !photo.behind);
    this.photos.push(...shown);
    this.root.append(...shown.map((photo, place) => this.tile(photo, first + place)));
    this.place();
    this.onEnd.unobserve(this.foot); // so that it is told again where the new photos do not fill the window
    if (!this.isWhole) this.onEnd.observe(this.foot);
  }

  focus(index) {
    this.root.children[index]?.focus();
  }

  onResize() {
    if (this.root.clientWidth !== this.width) this.place();
  }

  place() {
    this.width = this.root.clientWidth;
    const layout = new Layout(this.width, this.rowHeight(), GAP_PX);
    layout.place(this.photos, () => null, true);
    for (const { top, height, first, widths } of layout.rows) {
      let start = 0;
      widths.forEach((width, place) => {
        const made = this.root.children[first + place];
        Object.assign(made.style, { top: `${top}px`, insetInlineStart: `${start}px`, width: `${width}px`, height: `${height}px` });
        this.load(made.querySelector("img"), this.photos[first + place], Math.max(width, height));
        start += width + GAP_PX;
      });
    }
    this.root.style.height = `${layout.height}px`;
  }

  /** A few photos are shown larger, if that does not make them blurred. */
  rowHeight() {
    const usual = ROWS_PX.find(([most]) => this.width < most)[1];
    const shapes = this.photos.reduce((sum, photo) => sum + shapeOf(photo), 0);
    const whole = (this.width - GAP_PX * (this.photos.length - 1)) / shapes; // as high as the row that all of them fill
    const sharp = Math.min(...this.photos.map(({ height }) => height || 0));
    return Math.max(usual, Math.min(whole, sharp, OF_WINDOW * window.innerHeight));
  }

  load(picture, photo, pixels) {
    const wanted = pixels * Math.min(2, window.devicePixelRatio || 1);
    const size = SIZES.find((one) => one >= 0.85 * wanted) || SIZES.at(-1);
    if (!picture.src) picture.src = pictureAddress(this.share, photo, size);
  }

  tile(photo, index) {
    const parts = [t("{number} of {total}", { number: index + 1, total: this.total })];
    if (photo.taken_on) parts.push(dayOf(photo.taken_on));
    const count = this.isUnfolded ? 0 : photo.num_alike;
    if (count) parts.push(t("{count} alike", { count }));
    return element(
      "button",
      { type: "button", "aria-label": parts.join(", "), on: { click: () => this.dispatchEvent(new CustomEvent("open", { detail: index })) } },
      element("img", { alt: "", loading: "lazy", decoding: "async", draggable: "false" }),
      photo.duration_s && element("span", { class: "length", "aria-hidden": "true", text: `▶ ${clockOf(photo.duration_s)}` }),
      count > 0 && element("span", { class: "more-alike", "aria-hidden": "true", text: t("+{count} alike", { count }) }),
    );
  }
}
