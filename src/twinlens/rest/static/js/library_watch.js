/** Notices that the library has changed, whichever program indexes it. */

import { ask, isSilent } from "./server.js";

const LOOK_MS = 10_000;
const LOOK_SOON_MS = 2000; // while there are no photos yet, or they are becoming more

/** Emits `changed` when photos were added, removed or replaced. */
export class LibraryWatch extends EventTarget {
  constructor() {
    super();
    /** Of what the page shows; null until it is known. @type {?number} */
    this.generation = null;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** What this page itself has just changed is no news. */
  async overlook() {
    this.generation = null;
    await this.look();
  }

  /** Looks now, and again and again while the page is seen. */
  async look() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    const looked = (this.looked = Symbol("look"));
    let wait = LOOK_MS;
    try {
      const { generation, num_images: count } = await ask("api/stats");
      if (looked !== this.looked) return; // it may be from before a change of our own
      const isOther = this.generation !== null && generation !== this.generation;
      if (isOther || !count) wait = LOOK_SOON_MS;
      this.generation = generation;
      if (isOther) this.dispatchEvent(new Event("changed"));
    } catch (error) {
      if (!isSilent(error) && !error.status) throw error; // the search tells what is wrong with the server
    }
    if (looked !== this.looked) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), wait);
  }
}
