/** Changes of whole albums: save a search as one, rename, delete, and bring back. */

import { ask } from "../server.js";
import { change, collect } from "./given.js";
import { t } from "../texts.js";

const PAGE = 1000;

/** @param {string} name @param {string} query */
export function saveSearch(name, query) {
  return change(t("change albums"), () => ask("api/albums/saved", { json: { name, query } }));
}

/** @param {string} name @param {string} newName */
export function renameAlbum(name, newName) {
  return change(t("change albums"), () => ask("api/albums/rename", { json: { name, new_name: newName } }));
}

/**
 * Deletes an album, and no photo.
 * @param {{name: string, query: ?string}} album
 * @param {number} most photos of one answer
 * @returns {Promise<?Function>} brings it back; null if it was not deleted
 */
export async function deleteAlbum({ name, query }, most) {
  const address = new URLSearchParams({ name });
  const done = await change(t("change albums"), async () => {
    const ids = query === null ? await idsOf(name, most) : [];
    await ask(`api/albums?${address}`, { method: "DELETE" });
    return { ids };
  });
  if (!done) return null;
  return async () => (query === null ? collect(done.ids, name) : saveSearch(name, query));
}

/** Photos of an album by hand, in its order. */
async function idsOf(name, most) {
  const ids = [];
  const page = Math.min(PAGE, most);
  for (;;) {
    const { results } = await ask(`api/albums/photos?${new URLSearchParams({ name, top_k: page, offset: ids.length })}`);
    ids.push(...results.map(({ image_id: id }) => id));
    if (results.length < page) return ids;
  }
}
