/** Sign-in: asks for the server's key, and exchanges it for a cookie that scripts cannot read. */

import { byId } from "./dom.js";
import { notice } from "./notices.js";
import { keyName, permit } from "./permissions.js";
import { forgetRecent } from "./recent.js";
import { ask, connection, isSilent, send } from "./server.js";
import { t } from "./texts.js";

/** @param {() => void} onOpen called after a successful sign-in */
export function guardWithKey(onOpen) {
  const dialog = byId("sign-in");
  const fault = byId("key-fault");
  let isWanted = false;
  connection.addEventListener("locked", () => {
    isWanted = true;
    if (!dialog.open) dialog.showModal();
  });
  // there is nothing to show without the key; browsers still close it at a second Escape
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => isWanted && dialog.showModal());
  byId("key-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.textContent = "";
    try {
      const before = keyName();
      const session = await ask("api/session", { json: { key: byId("key").value } });
      if (before !== null && before !== session.key_name) return beginAnew();
      permit(session);
      if (!opens(session)) return;
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    byId("key").value = "";
    isWanted = false;
    dialog.close();
    onOpen();
  });
  byId("sign-out").addEventListener("click", signOut);
}

/** Whether a session opens this library; if not, the form says why, and leads to the others. */
function opens({ key_needed: isNeeded, is_valid: isValid, key_name: name, is_one_of_several: isOneOfSeveral }) {
  const mayAsk = !isNeeded || isValid;
  byId("key-libraries").hidden = !isOneOfSeveral;
  byId("key-fault").textContent = mayAsk || name === null ? "" : t("The key “{name}” does not open this library.", { name });
  return mayAsk;
}

/** For another person: nothing stays that was shown to the one before, whose favourites may be her own. */
function beginAnew() {
  forgetRecent();
  location.reload();
}

/** Ends the session, and removes from the page what it has shown. */
async function signOut() {
  try {
    await send("api/session", { method: "DELETE" });
  } catch (error) {
    if (!isSilent(error)) notice(error.message);
    return;
  }
  forgetRecent();
  location.replace(location.pathname);
}

/**
 * Whether the client is signed in, and the server's limit on results; shows the form if it is not.
 * @returns {Promise<{mayAsk: boolean, most: number}>} most: results of one answer
 */
export async function openSession() {
  const session = await ask("api/session");
  permit(session);
  const mayAsk = opens(session);
  if (!mayAsk) connection.dispatchEvent(new Event("locked"));
  return { mayAsk, most: session.max_top_k };
}
