/** Calls that make, list and revoke links. */

import { ask } from "../server.js";

/** @typedef {{number: number, heading: string, kind: "photos"|"search"|"album", photos: ?number, query: ?string, filters: object, album: ?string,
 *   originals: boolean, made_at: string, expires_at: ?string, revoked_at: ?string, has_ended: boolean, opened: number}} Share */

/** @param {object} fields what to share, and how @returns {Promise<{share: Share, link: string, reach: string}>} */
export async function makeLink(fields) {
  const { share, address, reach } = await ask("api/shares", { json: fields });
  return { share, link: new URL(address, document.baseURI).href, reach };
}

/** @returns {Promise<Share[]>} the newest first */
export async function allLinks() {
  return (await ask("api/shares")).shares;
}

/** Whether there is a link, also one that has ended. */
export async function hasLinks() {
  return (await allLinks()).length > 0;
}

/** @param {number} number */
export function revokeLink(number) {
  return ask(`api/shares/${number}`, { method: "DELETE" });
}
