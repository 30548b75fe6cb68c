/** Parts of the page that the first photos do not need: they are loaded once the photos are there, or when somebody is about to use them. */

import { notice } from "./notices.js";
import { t } from "./texts.js";

/** All parts, in the order in which they are loaded; those near something wait for it. @type {Part[]} */
const parts = [];
const WHOLE = "twinlens: all parts are here"; // a mark on the browser's time line
const RELEASE = /static\/\w{12}\//; // files have an address with a hash of their release
const OWN_FILES = RELEASE.exec(import.meta.url)?.[0];
const ANSWER_MS = 3000; // a server that is away is not waited for
const IDLE_MS = 1000; // the longest wait until the page has nothing else to do
let tell;
/** Fulfilled once all have been loaded. @type {?Promise<void>} */
let all = null;

/** Fulfilled once the first photos are there, or it is known that there are none. @type {Promise<void>} */
export const firstShown = new Promise((done) => (tell = done));

/** The first photos are there: now the parts that most people use are loaded one after the other, so that using one needs no wait. */
export function loadLateParts() {
  tell();
  all ??= loadAll();
}

async function loadAll() {
  for (const part of parts.filter(({ near }) => !near)) {
    await idle();
    await part.load().catch(() => {}); // whoever uses it is told, and it is tried again
    if (!part.isMadeEarly || !part.modules) continue;
    await idle();
    part.made ??= part.make(part.modules);
  }
  performance.mark(WHOLE);
}

function idle() {
  return new Promise((done) => (globalThis.requestIdleCallback ? requestIdleCallback(done, { timeout: IDLE_MS }) : setTimeout(done)));
}

function loadNear({ target }) {
  for (const part of parts) if (part.near && !part.loading && target.closest?.(part.near)) part.load().catch(() => {}); // as above
}

/**
 * Tells a person that the server has another release of the page, and offers to load it; the search stays in the address.
 * @returns {Promise<boolean>} whether it has
 */
export async function tellOfRelease() {
  if (!OWN_FILES) return false;
  try {
    const answer = await fetch(location.pathname, { cache: "no-cache", signal: AbortSignal.timeout(ANSWER_MS) });
    const page = answer.ok ? await answer.text() : "";
    if (!RELEASE.test(page) || page.includes(OWN_FILES)) return false; // a proxy may answer with a page of its own
  } catch {
    return false; // it cannot be reached, which the banner says
  }
  notice(t("This page has been updated on the server. Load it again to go on; your search is kept."), { label: t("Load again"), act: () => location.reload() });
  return true;
}

for (const name of ["pointerover", "focusin"]) document.addEventListener(name, loadNear);

/** A part of the page, in modules of its own. @template Modules, Made */
export class Part {
  /**
   * @param {() => Promise<Modules>} fetch imports its modules
   * @param {(modules: Modules) => Made} [make] what the page uses, made once; by default the modules
   * @param {{near?: string, isMadeEarly?: boolean}} [when] near: what leads to it, as a selector; it is loaded when the pointer or the keyboard comes there;
   *   isMadeEarly: made once it is here, since that takes a while which nobody should wait for
   */
  constructor(fetch, make = (modules) => modules, { near = "", isMadeEarly = false } = {}) {
    this.fetch = fetch;
    this.make = make;
    this.near = near;
    this.isMadeEarly = isMadeEarly;
    this.modules = null;
    /** What is used; null until somebody does. @type {?Made} */
    this.made = null;
    parts.push(this);
  }

  /** Brings its modules, and makes nothing of them yet. Fails if they do not come; the next call tries again. */
  load() {
    this.loading ||= this.fetch().then(
      (modules) => (this.modules = modules),
      (error) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  /**
   * Runs something with the part: at once where it is here already. Where it does not come, a person who asked for it is told, and can try again.
   * @template Answer
   * @param {(made: Made) => Answer} act
   * @param {{isAsked?: boolean}} [how] isAsked: false for what nobody waits for; then nothing is said
   * @returns {Promise<Answer|undefined>} undefined if it did not come
   */
  async use(act, { isAsked = true } = {}) {
    if (!this.modules) {
      try {
        await this.load();
      } catch (error) {
        console.error(error);
        if (isAsked && !(await tellOfRelease())) notice(t("This part of the page could not be loaded."), { label: t("Try again"), act: () => this.use(act) });
        return undefined;
      }
    }
    this.made ??= this.make(this.modules);
    return act(this.made);
  }
}
