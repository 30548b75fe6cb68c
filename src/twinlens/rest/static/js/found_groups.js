/** Groups of duplicates that the server has found; it looks for them when somebody asks. */

import { ask } from "./server.js";

/**
 * A page of the groups, once they are found.
 * @param {?string} kind null for all
 * @param {{offset: number, limit: number, signal?: AbortSignal, onProgress?: (told: {done: number, total: number}) => void}} page
 */
export async function groupsOf(kind, { offset, limit, signal, onProgress = () => {} }) {
  const fields = new URLSearchParams({ offset, limit, ...(kind ? { kind } : {}) });
  for (;;) {
    const found = await ask(`api/duplicates?${fields}`, { signal }); // the server waits a second before it says "running"
    if (found.stage === "done") return found;
    onProgress(found);
  }
}
