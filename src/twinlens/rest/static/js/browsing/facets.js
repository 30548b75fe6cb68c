/** What the library can be browsed by: albums, tags, people, places, folders, cameras, years, each with its numbers of photos. */

import { knownAlbums, knownTags } from "../curating/known_names.js";
import { ask } from "../server.js";
import { starChoices } from "./rating_words.js";
import { treeOf } from "./tree.js";
import { t } from "../texts.js";

const ANY_STAR = new URLSearchParams({ rating: ">=1", top_k: "1" });

/**
 * @typedef {{filter: string, title: string, icon: string, nodes: import("./tree.js").Node[], valueOf: (node: object) => string}} Facet
 *   filter: which a choice sets; valueOf: to which value
 * @returns {Promise<Facet[]>} those that have something to choose from
 */
export async function loadFacets() {
  const [albums, tags, library, said, months, rated] = await Promise.all([
    knownAlbums(), knownTags(), ask("api/collection"), ask("api/facets"), ask("api/months"), ask(`api/photos?${ANY_STAR}`),
  ]);
  const last = ({ path }) => path.at(-1);
  const all = [
    { filter: "album", title: t("Albums"), icon: "album", nodes: flat(albums.map(({ name, photos }) => ({ name, images: photos }))), valueOf: last },
    { filter: "tag", title: t("Tags"), icon: "tag", nodes: flat(withKeywords(tags, said.keywords)), valueOf: last },
    { filter: "rating", title: t("Stars"), icon: "star", nodes: rated.num_candidates ? starChoices() : [], valueOf: last },
    { filter: "person", title: t("People"), icon: "person", nodes: flat(said.people), valueOf: last },
    { filter: "location", title: t("Places"), icon: "place", nodes: treeOf(said.places, "|"), valueOf: ({ path }) => [...path].reverse().join(", ") },
    { filter: "year", title: t("Years"), icon: "recent", nodes: flat(years(months.months)), valueOf: last },
    { filter: "folder", title: t("Folders"), icon: "folder", nodes: treeOf(library.folders, "/"), valueOf: ({ path }) => path.join("/") },
    { filter: "camera", title: t("Cameras"), icon: "camera", nodes: flat(library.cameras), valueOf: last },
  ];
  return all.filter(({ nodes }) => nodes.length);
}

function flat(counts) {
  return counts.map(({ name, images }) => ({ name, path: [name], images, branches: [] }));
}

/** Tags given here and keywords of files are asked for by one filter; the most used first. */
function withKeywords(tags, keywords) {
  const counts = new Map();
  const add = (name, images) => {
    const key = name.toLowerCase();
    const known = counts.get(key);
    counts.set(key, { name: known?.name ?? name, images: Math.max(images, known?.images ?? 0) });
  };
  for (const { tag, photos } of tags) add(tag, photos);
  for (const { name, images } of keywords) add(name.slice(name.lastIndexOf("|") + 1), images);
  return [...counts.values()].sort((one, other) => other.images - one.images || one.name.localeCompare(other.name));
}

function years(months) {
  const counts = new Map();
  for (const { month, images } of months) counts.set(month.slice(0, 4), (counts.get(month.slice(0, 4)) || 0) + images);
  return [...counts].map(([name, images]) => ({ name, images }));
}
