/** Loads the pictures of the grid, those in view first, and lets go of those that have left the page. */

const AT_ONCE = 12; // more would only share the line, and wait in it where they are not wanted any more
const AGAIN_MS = 1000; // a connection may break; then a picture is asked for once more

/** Emits `rest` when none is on its way any more. */
export class Pictures extends EventTarget {
  constructor() {
    super();
    /** Asked for, and not here yet. @type {Set<HTMLImageElement>} */
    this.loading = new Set();
    /** Rows of the page, the most wanted first. @type {HTMLElement[]} */
    this.rows = [];
  }

  get isLoading() {
    return this.loading.size > 0;
  }

  /** Loads the pictures of some rows, in this order. @param {HTMLElement[]} rows all that are in the page */
  load(rows) {
    this.rows = rows;
    this.next();
  }

  next() {
    for (const row of this.rows) {
      for (const picture of row.querySelectorAll(".tile img[data-src]")) {
        if (this.loading.size >= AT_ONCE) return;
        if (picture.dataset.src) this.start(picture); // one that was here already has started the next ones
      }
    }
  }

  start(picture) {
    const address = picture.dataset.src;
    delete picture.dataset.src;
    this.loading.add(picture);
    picture.onload = () => this.onLoad(picture);
    picture.onerror = () => this.onLost(picture, address);
    picture.src = address;
    if (picture.complete && picture.naturalWidth) this.onLoad(picture); // it was here already, and need not fade in
  }

  onLoad(picture) {
    picture.classList.add("is-loaded");
    this.onEnd(picture);
  }

  onLost(picture, address) {
    this.onEnd(picture);
    if (picture.dataset.isSecond) {
      picture.closest(".tile").classList.add("is-broken");
      return;
    }
    picture.dataset.isSecond = "true";
    setTimeout(() => {
      picture.dataset.src = address;
      this.next();
    }, AGAIN_MS);
  }

  onEnd(picture) {
    if (!this.loading.delete(picture)) return;
    this.next();
    if (!this.isLoading) this.dispatchEvent(new Event("rest"));
  }

  /** Cancels what a row that is removed still loads, which is no error. @param {HTMLElement} row */
  letGo(row) {
    this.rows = this.rows.filter((one) => one !== row);
    for (const picture of row.querySelectorAll(".tile img")) {
      this.loading.delete(picture);
      if (!picture.complete) picture.removeAttribute("src");
    }
  }
}
