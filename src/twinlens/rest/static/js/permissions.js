/** What the client's key may do; buttons for anything else are not shown. */

import { byId } from "./dom.js";
import { anyOf, t } from "./texts.js";

const REASONS = { curate: t("mark favourites"), index: t("look for new photos") };
const session = { name: null, isReadOnly: false, scopes: new Set(["search", "curate", "index"]) };

/** Shows what a session allows. @param {{key_name: ?string, scopes: string[], signed_in: boolean, read_only?: boolean, favourites?: "shared"|"own"}} told */
export function permit(told) {
  session.name = told.key_name;
  session.scopes = new Set(told.scopes);
  session.isReadOnly = Boolean(told.read_only);
  for (const scope of Object.keys(REASONS)) document.documentElement.classList.toggle(`may-not-${scope}`, !may(scope));
  const missing = Object.keys(REASONS).filter((scope) => !session.scopes.has(scope));
  const limits = missing.length ? ` ${t("It may not {what}.", { what: anyOf(missing.map((scope) => REASONS[scope])) })}` : "";
  const own = told.favourites === "own" ? ` ${t("Nobody else sees your favourites.")}` : "";
  byId("key-note").textContent = session.name ? t("You use the key “{name}”.", { name: session.name }) + limits + own : "";
  byId("key-row").hidden = session.name === null;
  byId("sign-out").hidden = !told.signed_in;
  byId("all-libraries").hidden = !told.is_one_of_several;
}

/** The name of the key in use; null before one is known. @returns {?string} */
export function keyName() {
  return session.name;
}

/** @param {"search"|"curate"|"index"} scope */
export function may(scope) {
  return session.scopes.has(scope) && (scope === "search" || !session.isReadOnly);
}

/** Why something is not allowed. @param {"curate"|"index"} scope @param {string} [what] is not allowed */
export function whyNot(scope, what = REASONS[scope]) {
  if (session.scopes.has(scope)) return t("This library lies in a place that cannot be written, so nothing can be changed.");
  return t("The key “{name}” may not {what}.", { name: session.name, what });
}
