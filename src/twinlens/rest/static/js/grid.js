/** The grid of results, virtualized: only rows near the viewport are in the page. */

import { element } from "./dom.js";
import { dragOut } from "./drag_out.js";
import { Layout } from "./layout.js";
import { Pictures } from "./pictures.js";
import { BACK, FORWARD } from "./texts.js";
import { showFavourite, showNames, showSelected, tile } from "./tile.js";

/** Rows are created this many viewport heights ahead. */
const AHEAD = 1;
/** Pictures are loaded so many ahead. */
const PICTURES_AHEAD = 0.25;
const STILL_MS = 60; // without scrolling: then somebody looks
const LONG_PRESS_MS = 450;
const SLIP_PX = 10; // a finger never rests perfectly still

/** Emits `open`, `pick`, `heart`, `rate`, `alike` (detail: the photo's index) `end` and `start` (more photos are needed, or earlier ones), and `moved` (detail: how many photos come before the one at the top). */
export class Grid extends EventTarget {
  /** @param {HTMLElement} root @param {import("./selection.js").Selection} selection */
  constructor(root, selection) {
    super();
    this.root = root;
    this.selection = selection;
    this.photos = [];
    this.total = 0;
    this.isComplete = true;
    this.first = 0;
    this.seams = [];
    this.titleOf = () => null;
    this.layout = new Layout(1, 1, 0);
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.pictures = new Pictures();
    this.current = 0;
    /** The only tile whose buttons are in the Tab order. @type {?HTMLElement} */
    this.reachable = null;
    this.last = { top: 0, time: 0 };
    this.pressedAt = { x: 0, y: 0 };
    root.addEventListener("click", (event) => this.onClick(event));
    root.addEventListener("keydown", (event) => this.onKey(event));
    dragOut(root, (button) => this.photos[indexOf(button)]);
    root.addEventListener("pointerdown", (event) => this.onPress(event));
    root.addEventListener("pointermove", (event) => this.onSlip(event), { passive: true });
    for (const name of ["pointerup", "pointercancel"]) {
      root.addEventListener(name, () => clearTimeout(this.pressed), { passive: true });
    }
    root.addEventListener("focusin", ({ target }) => target !== root && this.setCurrent(indexOf(target)));
    root.addEventListener("contextmenu", (event) => this.isTouched && event.preventDefault());
    window.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.onResize()).observe(root);
    selection.addEventListener("change", () => this.showSelection());
  }

  /**
   * Shows other results.
   * @param {import("./search.js").Results} results
   * @param {(photo: object) => ?string} titleOf title of a photo's group
   * @param {(first: string, last: string) => ?string} [joined] title of groups that share a row
   */
  show(results, titleOf, joined) {
    this.photos = results.photos;
    this.total = results.entries ?? results.total;
    this.isComplete = results.isComplete;
    this.first = results.first ?? 0;
    this.seams = results.seams ?? [];
    this.titleOf = titleOf;
    this.joined = joined;
    this.current = 0;
    this.keepFocus(() => this.rebuild());
  }

  /** More photos were added at the end. @param {import("./search.js").Results} results */
  grow(results) {
    this.isComplete = results.isComplete;
    this.layout.place(this.photos, this.titleOf, this.isComplete, this.seams);
    this.draw();
  }

  /** Photos were added before the others, which stay where they are in the window. @param {import("./search.js").Results} results @param {number} count */
  growBefore(results, count) {
    const rowOf = (photo) => this.layout.rows.find(({ first, widths }) => first === photo && widths.length);
    const before = rowOf(0) && this.top() + rowOf(0).top - window.scrollY;
    Object.assign(this, { first: results.first, seams: results.seams, current: this.current + count });
    this.keepFocus(() => this.rebuild());
    if (rowOf(count)) window.scrollTo({ top: this.top() + rowOf(count).top - before });
    this.draw();
  }

  /** Scrolls to a photo. @param {number} index */
  scrollTo(index) {
    if (!this.layout.placed) return;
    const row = this.layout.rowOf(Math.min(index, this.layout.placed - 1));
    const titled = this.layout.rows[row - 1]?.title != null ? row - 1 : row;
    window.scrollTo({ top: this.top() + this.layout.rows[titled].top - headerHeight() });
    this.draw();
  }

  /** Marks of some photos have changed. @param {Map<string, {is_favourite: boolean}>} facts by id */
  learnMarks(facts) {
    for (const photo of this.photos) Object.assign(photo, facts.get(photo.image_id));
    for (const made of this.root.querySelectorAll(".tile")) {
      if (facts.has(made.dataset.id)) showFavourite(made, facts.get(made.dataset.id).is_favourite);
    }
  }

  /** More is known of some photos, as by what they are called. @param {Map<string, object>} facts by id */
  learn(facts) {
    for (const photo of this.photos) Object.assign(photo, facts.get(photo.image_id));
    for (const made of this.root.querySelectorAll(".tile")) {
      const index = Number(made.dataset.index);
      if (facts.has(made.dataset.id)) showNames(made, this.photos[index], { number: this.first + index + 1, total: this.total });
    }
  }

  /** The address of a photo's picture, if it is loaded. @param {number} index */
  pictureOf(index) {
    return this.tileOf(index)?.querySelector("img.is-loaded")?.src || null;
  }

  /** Scrolls to a photo and focuses it. @param {number} index */
  focus(index) {
    if (!this.photos.length) return;
    this.setCurrent(Math.max(0, Math.min(index, this.layout.placed - 1)));
    const row = this.layout.rows[this.layout.rowOf(this.current)];
    if (!row) return;
    const top = this.top() + row.top - headerHeight() - 8;
    if (window.scrollY > top) window.scrollTo({ top });
    const bottom = this.top() + row.top + row.height + 80;
    if (window.scrollY + window.innerHeight < bottom) window.scrollTo({ top: bottom - window.innerHeight });
    this.draw();
    this.focusCurrent();
  }

  focusCurrent() {
    if (!this.layout.placed) return;
    this.current = Math.min(this.current, this.layout.placed - 1); // the last row may be incomplete and not placed yet
    const row = this.layout.rowOf(this.current);
    if (!this.shown.has(row)) this.addRow(row);
    this.tileOf(this.current).querySelector(".open").focus({ preventScroll: true });
  }

  /** Runs something that recreates the tiles; the focus stays on the same photo. @param {() => void} act */
  keepFocus(act) {
    const hadFocus = this.root !== document.activeElement && this.root.contains(document.activeElement);
    act();
    if (hadFocus) this.focusCurrent();
  }

  rebuild() {
    const width = Math.floor(this.root.clientWidth);
    const isNarrow = width < 600;
    this.layout = new Layout(width, isNarrow ? 132 : width > 1700 ? 260 : 216, isNarrow ? 4 : 8, this.joined);
    this.layout.place(this.photos, this.titleOf, this.isComplete, this.seams);
    for (const index of this.shown.keys()) this.removeRow(index);
    this.draw();
  }

  onResize() {
    if (Math.floor(this.root.clientWidth) === this.layout.width || !this.photos.length) return;
    const first = this.layout.rows[this.rowInView()]?.first ?? 0;
    const isScrolled = window.scrollY > this.top();
    this.keepFocus(() => {
      this.rebuild();
      const row = this.layout.rows[this.layout.rowOf(first)];
      if (isScrolled && row) window.scrollTo({ top: this.top() + row.top - headerHeight() });
    });
  }

  /** Index of the first row below the header. */
  rowInView() {
    return this.layout.rowAt(window.scrollY - this.top() + headerHeight());
  }

  soon() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      this.draw();
    });
  }

  /** Creates the rows near the viewport and removes the others. */
  draw() {
    this.root.style.height = `${Math.max(0, this.layout.height)}px`;
    const height = window.innerHeight;
    const from = window.scrollY - this.top() - AHEAD * height;
    const last = this.layout.rowAt(from + (1 + 2 * AHEAD) * height);
    const first = this.layout.rowAt(Math.max(0, from));
    for (const [index, row] of this.shown) {
      if ((index >= first && index <= last) || row.contains(document.activeElement)) continue;
      this.removeRow(index);
    }
    for (let index = first; index <= Math.min(last, this.layout.rows.length - 1); index += 1) {
      if (!this.shown.has(index)) this.addRow(index);
    }
    this.setCurrent(this.current);
    this.loadWhenStill();
    if (this.first && window.scrollY < this.top() + height) this.tell("start");
    this.tell("moved", this.first + (this.layout.rows[this.rowInView()]?.first ?? 0));
    if (!this.isComplete && from + (2 + 2 * AHEAD) * height > this.layout.height) this.tell("end");
  }

  addRow(index) {
    const row = this.layout.rows[index];
    const made = element("div", { class: row.title === null ? "row" : "row title" });
    made.style.transform = `translateY(${row.top}px)`;
    made.style.height = `${row.height}px`;
    if (row.title !== null) made.append(element("h2", { text: row.title }));
    row.widths.forEach((width, place) => {
      const photo = this.photos[row.first + place];
      const isSelected = this.selection.has(photo.image_id);
      made.append(tile(photo, { index: row.first + place, number: this.first + row.first + place + 1, total: this.total, width, height: row.height, isSelected }));
    });
    const after = [...this.shown].filter(([other]) => other > index).sort(([one], [other]) => one - other)[0];
    this.root.insertBefore(made, after ? after[1] : null); // in reading order, for screen readers
    this.shown.set(index, made);
  }

  removeRow(index) {
    const row = this.shown.get(index);
    row.remove();
    this.pictures.letGo(row);
    this.shown.delete(index);
  }

  /** Loads pictures, unless they would have left the window before they are here. */
  loadWhenStill() {
    clearTimeout(this.still);
    const [top, time] = [window.scrollY, performance.now()];
    const speed = Math.abs(top - this.last.top) / Math.max(1, time - this.last.time); // pixels a millisecond
    this.last = { top, time };
    const now = () => this.pictures.load(this.byNearness());
    if (speed * this.pictures.usualMs < window.innerHeight) return now();
    this.pictures.load({ inView: [], near: [] });
    this.still = setTimeout(now, STILL_MS);
    return undefined;
  }

  /** Rows in the page: those in view from the top, and those close to them, the closest first. */
  byNearness() {
    const above = window.scrollY - this.top() + headerHeight();
    const below = window.scrollY - this.top() + window.innerHeight;
    const away = (index) => Math.max(this.layout.rows[index].top - below, above - this.layout.rows[index].top - this.layout.rows[index].height);
    const rows = [...this.shown].map(([index, row]) => ({ row, index, px: away(index) }));
    const near = rows.filter(({ px }) => px >= 0 && px < PICTURES_AHEAD * window.innerHeight).sort((one, other) => one.px - other.px);
    const inView = rows.filter(({ px }) => px < 0).sort((one, other) => one.index - other.index);
    return { inView: inView.map(({ row }) => row), near: near.map(({ row }) => row) };
  }

  showSelection() {
    for (const made of this.root.querySelectorAll(".tile")) {
      showSelected(made, this.selection.has(this.photos[Number(made.dataset.index)].image_id));
    }
    this.root.classList.toggle("is-selecting", this.selection.size > 0);
  }

  /** Keeps one tile in the Tab order: the current photo, or one in view while that is far away. */
  setCurrent(index) {
    this.current = index;
    const inView = () => this.shown.get(this.rowInView())?.querySelector(".tile") || this.root.querySelector(".tile");
    const reachable = this.tileOf(index) || inView();
    if (reachable === this.reachable) return;
    this.reachable?.querySelectorAll("button").forEach((button) => (button.tabIndex = -1));
    reachable?.querySelectorAll("button").forEach((button) => (button.tabIndex = 0));
    this.reachable = reachable;
  }

  tileOf(index) {
    return this.root.querySelector(`.tile[data-index="${index}"]`);
  }

  /** A long press selects a photo. */
  onPress(event) {
    const made = event.target.closest(".tile");
    this.isTouched = event.pointerType === "touch";
    this.wasPicked = false;
    this.pressedAt = { x: event.clientX, y: event.clientY };
    clearTimeout(this.pressed);
    if (!made || !this.isTouched) return;
    this.pressed = setTimeout(() => {
      this.wasPicked = true;
      this.tell("pick", { index: Number(made.dataset.index), isRange: false });
    }, LONG_PRESS_MS);
  }

  onSlip(event) {
    const slip = Math.hypot(event.clientX - this.pressedAt.x, event.clientY - this.pressedAt.y);
    if (slip > SLIP_PX) clearTimeout(this.pressed);
  }

  onClick(event) {
    const button = event.target.closest("button[data-act]");
    if (!button) return;
    if (this.wasPicked) {
      this.wasPicked = false;
      return;
    }
    const index = indexOf(button);
    const isPick = button.dataset.act === "open" && (event.shiftKey || event.ctrlKey || event.metaKey);
    this.setCurrent(index);
    this.tell(isPick ? "pick" : button.dataset.act, { index, isRange: event.shiftKey });
  }

  onKey(event) {
    const made = event.target.closest(".tile");
    if (!made || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = Number(made.dataset.index);
    const next = this.neighbour(index, event.key);
    if (next !== null) {
      event.preventDefault();
      this.focus(next);
    } else if (event.key === "x" || event.key === "X") this.tell("pick", { index, isRange: event.shiftKey });
    else if (event.key === "f") this.tell("heart", { index });
    else if (event.key === "l") this.tell("like", { index });
    else if (/^[0-5]$/.test(event.key)) this.tell("rate", { index, stars: Number(event.key) });
  }

  /** Index of the photo that a key moves to; null for other keys. */
  neighbour(index, key) {
    if (key === FORWARD) return index + 1;
    if (key === BACK) return index - 1;
    if (key === "Home") return 0;
    if (key === "End") return this.layout.placed - 1;
    if (key !== "ArrowDown" && key !== "ArrowUp") return null;
    const { rows } = this.layout;
    const step = key === "ArrowDown" ? 1 : -1;
    const here = this.layout.rowOf(index);
    let there = here + step;
    while (rows[there] && rows[there].title !== null) there += step;
    if (!rows[there]) return index;
    const share = (index - rows[here].first + 0.5) / rows[here].widths.length;
    return rows[there].first + Math.floor(share * rows[there].widths.length);
  }

  top() {
    return this.root.getBoundingClientRect().top + window.scrollY;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Index of the photo whose tile contains an element. */
function indexOf(inside) {
  return Number(inside.closest(".tile").dataset.index);
}

function headerHeight() {
  return document.querySelector(".header").offsetHeight;
}
