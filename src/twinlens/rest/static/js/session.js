/** The key of the server: asked for once, exchanged for a cookie that no script can read. */

import { byId } from "./dom.js";
import { ask, connection } from "./server.js";

/** @param {() => void} onOpen called once the key was right */
export function guardWithKey(onOpen) {
  const dialog = byId("sign-in");
  const fault = byId("key-fault");
  connection.addEventListener("locked", () => {
    if (!dialog.open) dialog.showModal();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault()); // there is nothing behind it
  byId("key-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.textContent = "";
    try {
      await ask("/api/session", { json: { key: byId("key").value } });
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    byId("key").value = "";
    dialog.close();
    onOpen();
  });
}

/** Whether the page may ask; shows the form where it may not. */
export async function mayAsk() {
  const session = await ask("/api/session");
  if (session.key_needed && !session.is_valid) {
    connection.dispatchEvent(new Event("locked"));
    return false;
  }
  return true;
}
