/** The page as an app: a worker shows a page of its own where the server cannot be reached. */

import { code } from "./texts.js";

/** Browsers allow a worker on https and on this machine alone; elsewhere the page works without one. */
export function useWorker() {
  navigator.serviceWorker?.register(`service-worker.js?language=${code}`, { updateViaCache: "none" }).catch(() => {
    // where browsers forbid workers, as in some private windows, the page works without one
  });
}
