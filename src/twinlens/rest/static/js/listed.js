/** What photos are called of which only the ids are known: captions, dates, places. */

import { ask, isSilent } from "./server.js";

/** @param {string[]} ids at most 1,000 @returns {Promise<Map<string, object>>} by id; empty where they cannot be asked for, or are gone */
export async function listedPhotos(ids) {
  try {
    const { results } = await ask("api/photos", { json: { image_ids: ids } });
    // their marks are left out: somebody may have changed them meanwhile
    return new Map(results.map(({ image_id, caption, taken_at, date_source, place }) => [image_id, { image_id, caption, taken_at, date_source, place }]));
  } catch (error) {
    if (!isSilent(error)) console.error(error); // they keep the names that they have
    return new Map();
  }
}
