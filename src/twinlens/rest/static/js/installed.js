/** The page as an app: a worker shows a page of its own where the server cannot be reached. */

/** Browsers allow a worker on https and on this machine alone; elsewhere the page works without one. */
export function useWorker() {
  navigator.serviceWorker?.register("service-worker.js", { updateViaCache: "none" }).catch(() => {
    // where browsers forbid workers, as in some private windows, the page works without one
  });
}
