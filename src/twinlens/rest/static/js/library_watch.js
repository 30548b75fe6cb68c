/** Notices that the library has changed, whichever program indexes it. */

import { ask, hasChanged, isSilent } from "./server.js";

const AGAIN_MS = 10_000; // where the server cannot wait for a change, or does not answer
const NEXT_MS = 1000; // after a change: while photos are being indexed, there is one after the other
const AT_ONCE_MS = 500; // an answer that comes sooner has not waited

/** Emits `changed` when photos were added, removed or replaced. */
export class LibraryWatch extends EventTarget {
  constructor() {
    super();
    /** Of what the page shows; null until it is known. @type {?number} */
    this.generation = null;
    this.timer = 0;
    this.waiting = new AbortController();
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** What this page itself has just changed is no news. */
  async overlook() {
    this.generation = null;
    await this.look();
  }

  /** Looks now; then waits for the next change, again and again while the page is seen. */
  async look() {
    clearTimeout(this.timer);
    this.waiting.abort();
    if (!document.hidden) await this.ask("api/stats", 0);
  }

  async wait() {
    await this.ask(`api/stats?other_than=${this.generation}`, AT_ONCE_MS);
  }

  /** @param {string} path @param {number} least milliseconds that an answer without news takes */
  async ask(path, least) {
    const waiting = (this.waiting = new AbortController());
    const asked = performance.now();
    let next = AGAIN_MS;
    try {
      const { generation } = await ask(path, { signal: waiting.signal });
      if (waiting !== this.waiting) return; // it may be from before a change of our own
      const isOther = this.generation !== null && generation !== this.generation;
      const isOwn = isOther && hasChanged(asked);
      if (isOther) next = NEXT_MS;
      else if (performance.now() - asked >= least) next = 0;
      this.generation = isOwn ? null : generation;
      if (isOther && !isOwn) this.dispatchEvent(new Event("changed"));
    } catch (error) {
      if (!isSilent(error) && !error.status) throw error; // the search tells what is wrong with the server
    }
    if (waiting !== this.waiting || document.hidden) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.generation === null ? this.look() : this.wait()), next);
  }
}
