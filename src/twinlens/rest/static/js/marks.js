/** Actions on photos: favourites, download as zip, list as CSV, copy path. */

import { toldOf } from "./advice.js";
import { ask, isSilent, send } from "./server.js";
import { countOf } from "./facts.js";
import { notice } from "./notices.js";
import { may, whyNot } from "./permissions.js";
import { t } from "./texts.js";

/**
 * Marks photos as favourites, or removes the marks.
 * @param {string[]} ids
 * @param {boolean} isFavourite
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function mark(ids, isFavourite) {
  if (!may("curate")) {
    notice(whyNot("curate"));
    return false;
  }
  return tried(() => ask("api/favourites", { json: { image_ids: ids, is_favourite: isFavourite } }));
}

/** @param {string[]} ids */
export async function saveZip(ids) {
  notice(t("Packing {photos}…", { photos: countOf(ids.length) }));
  await tried(() => take("api/archive", ids, "photos.zip"));
}

/** @param {string[]} ids */
export async function saveList(ids) {
  await tried(() => take("api/archive/list", ids, "photos.csv"));
}

/** @param {string} path */
export async function copyPath(path) {
  try {
    await navigator.clipboard.writeText(path);
    notice(t("Copied: {path}", { path }));
  } catch {
    notice(path); // browsers allow the clipboard only on https and localhost
  }
}

async function take(path, ids, name) {
  const answer = await send(path, { json: { image_ids: ids } });
  saveFile(await answer.blob(), name);
  const leftOut = Number(answer.headers.get("X-Left-Out"));
  if (leftOut) notice(t("{count} photo left out: its file is gone.|{count} photos left out: their files are gone.", { count: leftOut }));
}

/** @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Runs a call; what goes wrong is told. @returns {Promise<boolean>} whether it succeeded */
export async function tried(act) {
  try {
    await act();
    return true;
  } catch (error) {
    if (!isSilent(error)) notice(toldOf(error));
    return false;
  }
}
