/** The library's tags and albums, loaded when they are needed, and again after a change. */

import { countOf } from "../facts.js";
import { ask, Failure, given, isSilent } from "../server.js";

/** @type {Map<string, Promise<any>>} */
const kept = new Map();
given.addEventListener("changed", () => kept.clear());

/** The library has changed. */
export function forgetNames() {
  kept.clear();
}

/** @returns {Promise<{tag: string, photos: number}[]>} */
export async function knownTags() {
  return (await keptAnswer("api/tags")).tags ?? [];
}

/** @returns {Promise<{name: string, query: ?string, photos: ?number}[]>} */
export async function knownAlbums() {
  return (await keptAnswer("api/albums")).albums ?? [];
}

/** Tags to suggest, the most used first. */
export async function tagNames() {
  const tags = [...(await knownTags())].sort((one, other) => other.photos - one.photos);
  return tags.map(({ tag, photos }) => ({ name: tag, note: countOf(photos) }));
}

/** Albums that photos can be put into: those made by hand. */
export async function albumNames() {
  const albums = (await knownAlbums()).filter(({ query }) => query === null);
  return albums.map(({ name, photos }) => ({ name, note: countOf(photos) }));
}

/** Empty while the server does not answer, which is shown elsewhere. */
async function keptAnswer(path) {
  if (!kept.has(path)) kept.set(path, ask(path));
  try {
    return await kept.get(path);
  } catch (error) {
    kept.delete(path);
    if (isSilent(error) || error instanceof Failure) return {};
    throw error;
  }
}
