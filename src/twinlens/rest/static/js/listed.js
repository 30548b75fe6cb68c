/** What lists show of photos of which only the ids are known: captions, dates, places. */

import { ask, isSilent } from "./server.js";

/** @param {string[]} ids at most 1,000 @returns {Promise<Map<string, object>>} by id; empty where they cannot be asked for, or are gone */
export async function listedPhotos(ids) {
  try {
    const { results } = await ask("api/photos", { json: { image_ids: ids } });
    return new Map(results.map((photo) => [photo.image_id, photo]));
  } catch (error) {
    if (!isSilent(error)) console.error(error); // they keep the names that they have
    return new Map();
  }
}
