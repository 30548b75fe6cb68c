/** A share as its link opens it: the calls, and sentences for what they fail with. */

import { ask } from "../server.js";
import { t } from "../texts.js";

const PAGE = 200;

/**
 * @typedef {{photo: string, width: ?number, height: ?number, taken_on: ?string, duration_s: ?number, behind: ?string, num_alike: number}} SharedPhoto
 *   behind: the photo before it that it is a near copy of; num_alike: how many stand behind it.
 * @typedef {{number: number, heading: string, num_photos: number, num_entries: number, originals: boolean, expires_at: ?string}} Share
 *   num_entries: photos that stand behind no other.
 */

/** Opens a share; its key becomes a cookie, so that it is in no address that is asked for. @param {string} key @returns {Promise<Share>} */
export function openShare(key) {
  return ask("api/shared", { json: { key } });
}

/** The next photos of a share. @param {Share} share @param {number} offset @returns {Promise<SharedPhoto[]>} */
export async function photosOf({ number }, offset) {
  return (await ask(`api/shared/${number}/photos?${new URLSearchParams({ top_k: PAGE, offset })}`)).photos;
}

/** Address of a picture. @param {Share} share @param {SharedPhoto} photo @param {number} size pixels of the longer side */
export function pictureAddress({ number }, { photo }, size) {
  return `api/shared/${number}/photos/${photo}/picture?size=${size}`;
}

/** Address of a file. @param {Share} share @param {SharedPhoto} photo @param {boolean} download to save it */
export function fileAddress({ number }, { photo }, download) {
  return `api/shared/${number}/photos/${photo}/original?download=${download}`;
}

/** Why a link shows nothing: a heading, and what to do. @param {{code: string, message: string}} failure @returns {[string, string]} */
export function whyNothing({ code, message }) {
  const ask = t("Ask whoever sent it to you for another one.");
  switch (code) {
    case "share_expired":
      return [t("This link has expired"), ask];
    case "share_revoked":
      return [t("This link was taken back"), t("Whoever shared these photos does not share them any more.")];
    case "share_gone":
      return [t("What was shared here is gone"), ask];
    case "wrong_key":
    case "invalid_request":
      return [t("This link shows nothing"), t("It may be incomplete. Copy all of it, or ask for another one.")];
    case "too_many_wrong_keys":
      return [t("Too many wrong links were tried"), t("Wait a minute, then load this page again.")];
    case "away":
    case "starting":
    case "stopping":
      return [t("The photos cannot be reached now"), t("The page tries again by itself.")];
    default:
      return [t("The photos cannot be shown now"), message];
  }
}
