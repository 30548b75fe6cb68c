/** What the client's key may do; buttons for anything else are not shown. */

import { byId } from "./dom.js";

const REASONS = { curate: "mark favourites", index: "look for new photos" };
const session = { name: null, isReadOnly: false, scopes: new Set(["search", "curate", "index"]) };

/** Shows what a session allows. @param {{key_name: ?string, scopes: string[], signed_in: boolean, read_only?: boolean}} told */
export function permit(told) {
  session.name = told.key_name;
  session.scopes = new Set(told.scopes);
  session.isReadOnly = Boolean(told.read_only);
  for (const scope of Object.keys(REASONS)) document.documentElement.classList.toggle(`may-not-${scope}`, !may(scope));
  const missing = Object.keys(REASONS).filter((scope) => !session.scopes.has(scope));
  const limits = missing.length ? ` It may not ${missing.map((scope) => REASONS[scope]).join(" or ")}.` : "";
  byId("key-note").textContent = session.name ? `You use the key “${session.name}”.${limits}` : "";
  byId("key-row").hidden = session.name === null;
  byId("sign-out").hidden = !told.signed_in;
  byId("all-libraries").hidden = !told.is_one_of_several;
}

/** @param {"search"|"curate"|"index"} scope */
export function may(scope) {
  return session.scopes.has(scope) && (scope === "search" || !session.isReadOnly);
}

/** Why something is not allowed. @param {"curate"|"index"} scope @param {string} [what] is not allowed */
export function whyNot(scope, what = REASONS[scope]) {
  if (session.scopes.has(scope)) return "This library lies in a place that cannot be written, so nothing can be changed.";
  return `The key “${session.name}” may not ${what}.`;
}
