/**
 * Loads the pictures of the grid: those in view first, those close to it once these are here, and none while a person
 * waits for something else. It lets go of those that have left the page.
 */

const LONG_MS = 250; // a picture that takes longer comes over a slow line
const AT_ONCE = 5; // of the six connections that a browser has to a server, one waits for news of the library
const AT_ONCE_SLOWLY = 3; // an answer finds a connection that is free, for it would wait long for another
const AT_ONCE_SHARED = 12; // where all share a connection (HTTP/2 and 3), which takes what is more urgent first
const NEAR_AT_ONCE = 2; // what nobody sees yet
const AGAIN_MS = 1000; // a connection may break; then a picture is asked for once more
const MOST_HELD_MS = 2000; // what takes longer does not wait for the line
const NEWEST = 0.3; // of a mean that follows the line
const COMPARED = /\/static\/|\/thumbnail\?/; // what takes no longer than the line needs

/** Emits `rest` when all pictures in view are here, or are known to be lost. */
export class Pictures extends EventTarget {
  constructor() {
    super();
    /** Asked for, and not here yet. @type {Set<HTMLImageElement>} */
    this.loading = new Set();
    /** Rows of the page whose pictures are wanted, the most wanted first. @type {{inView: HTMLElement[], near: HTMLElement[]}} */
    this.rows = { inView: [], near: [] };
    /** What pictures wait for, with the timer that ends it. @type {Map<string, number>} */
    this.held = new Map();
    /** How long a picture takes; at first, how long the page and its own files took. Files that the browser had already say nothing. */
    this.usualMs = pageMs() || LONG_MS;
    new PerformanceObserver((seen) => seen.getEntries().forEach((one) => this.note(one))).observe({ type: "resource", buffered: true });
  }

  /** @param {PerformanceResourceTiming} loaded */
  note({ name, transferSize, requestStart, responseEnd }) {
    if (transferSize && COMPARED.test(name)) this.usualMs += NEWEST * (responseEnd - requestStart - this.usualMs);
  }

  /** Whether pictures in view are on their way, or wait. */
  get isLoading() {
    return this.rows.inView.some((row) => waitingIn(row).length || [...this.loading].some((picture) => row.contains(picture)));
  }

  get isSlow() {
    return this.usualMs >= LONG_MS;
  }

  get most() {
    if (isShared()) return AT_ONCE_SHARED;
    return this.isSlow ? AT_ONCE_SLOWLY : AT_ONCE;
  }

  /** Loads the pictures of some rows, in this order. @param {{inView: HTMLElement[], near: HTMLElement[]}} rows near: loaded once those in view are here */
  load(rows) {
    this.rows = rows;
    this.next();
  }

  /** No picture is begun until `goOn`, or for a while: somebody waits for something else. @param {string} reason */
  hold(reason) {
    clearTimeout(this.held.get(reason));
    this.held.set(reason, setTimeout(() => this.goOn(reason), MOST_HELD_MS));
  }

  /** @param {string} reason what need not be waited for any more */
  goOn(reason) {
    clearTimeout(this.held.get(reason));
    if (this.held.delete(reason)) this.next();
  }

  next() {
    if (this.held.size) return;
    this.begin(this.rows.inView, this.most);
    if (!this.isLoading && !navigator.connection?.saveData) this.begin(this.rows.near, NEAR_AT_ONCE, "low");
  }

  begin(rows, most, priority = "auto") {
    for (const picture of rows.flatMap(waitingIn)) {
      if (this.loading.size >= most) return;
      if (picture.dataset.src) this.start(picture, priority); // one that was here already has started the next ones
    }
  }

  start(picture, priority) {
    const address = picture.dataset.src;
    delete picture.dataset.src;
    this.loading.add(picture);
    picture.onload = () => this.onLoad(picture);
    picture.onerror = () => this.onLost(picture, address);
    picture.fetchPriority = priority;
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
      picture.dataset.lost = address;
      return;
    }
    picture.dataset.isSecond = "true";
    setTimeout(() => {
      picture.dataset.src = address;
      this.next();
    }, AGAIN_MS);
  }

  /** Asks for pictures that were lost while the server was away. @param {HTMLElement} grid */
  askForLost(grid) {
    for (const picture of grid.querySelectorAll(".tile img[data-lost]")) {
      picture.closest(".tile").classList.remove("is-broken");
      picture.dataset.src = picture.dataset.lost;
      delete picture.dataset.lost;
      delete picture.dataset.isSecond;
    }
    this.next();
  }

  onEnd(picture) {
    if (!this.loading.delete(picture)) return;
    this.next();
    if (!this.isLoading) this.dispatchEvent(new Event("rest"));
  }

  /** Cancels what a row that is removed still loads, which is no error. @param {HTMLElement} row */
  letGo(row) {
    for (const rows of Object.values(this.rows)) if (rows.includes(row)) rows.splice(rows.indexOf(row), 1);
    for (const picture of row.querySelectorAll(".tile img")) {
      this.loading.delete(picture);
      if (!picture.complete) picture.removeAttribute("src");
    }
  }
}

function waitingIn(row) {
  return [...row.querySelectorAll(".tile img[data-src]")];
}

/** How long the page itself took, which is always asked for; 0 where that is not known. */
function pageMs() {
  const [{ requestStart = 0, responseEnd = 0 } = {}] = performance.getEntriesByType("navigation");
  return requestStart && responseEnd - requestStart;
}

function isShared() {
  return /^h[23]/.test(performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "");
}
