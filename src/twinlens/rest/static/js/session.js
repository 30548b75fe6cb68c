/** The key of the server: asked for once, exchanged for a cookie that no script can read. */

import { byId } from "./dom.js";
import { ask, connection } from "./server.js";

/** @param {() => void} onOpen called once the key was right */
export function guardWithKey(onOpen) {
  const dialog = byId("sign-in");
  const fault = byId("key-fault");
  let isWanted = false;
  connection.addEventListener("locked", () => {
    isWanted = true;
    if (!dialog.open) dialog.showModal();
  });
  // there is nothing behind it; a second Escape closes it all the same
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => isWanted && dialog.showModal());
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
    isWanted = false;
    dialog.close();
    onOpen();
  });
}

/**
 * Whether the page may ask, and how much; shows the form where it may not.
 * @returns {Promise<{mayAsk: boolean, most: number}>} most: results of one answer
 */
export async function openSession() {
  const session = await ask("/api/session");
  const mayAsk = !session.key_needed || session.is_valid;
  if (!mayAsk) connection.dispatchEvent(new Event("locked"));
  return { mayAsk, most: session.max_top_k };
}
