/** The page of a server with several libraries: those that one's key opens, each with its newest photo. */

import { byId, element } from "./dom.js";
import { countOf } from "./facts.js";
import { ask, Failure, send } from "./server.js";
import { t } from "./texts.js";

const COVER_PX = 512;

async function show() {
  const session = await ask("api/session");
  const mayAsk = !session.key_needed || session.is_valid;
  byId("key-form").hidden = mayAsk;
  byId("sign-out").hidden = !session.signed_in;
  const { libraries } = mayAsk ? await ask("api/libraries") : { libraries: [] };
  byId("libraries").replaceChildren(...libraries.map(card));
  byId("status").textContent = mayAsk && !libraries.length ? t("Your key opens no library of this server.") : "";
  if (!mayAsk) byId("key").focus();
}

function card({ name, path, num_images: count, cover, is_missing: isMissing }) {
  const picture = cover
    ? element("img", { src: `${path}api/image/${encodeURIComponent(cover)}/thumbnail?size=${COVER_PX}`, alt: "" })
    : element("span", { class: "no-cover" });
  return element("li", {}, element("a", { href: path }, picture, element("strong", { text: name }), element("span", { class: "quiet", text: isMissing ? t("not at its place now: is its disk mounted?") : countOf(count) })));
}

/** Does something, and tells what the server says against it. @param {() => Promise<void>} act @param {HTMLElement} place */
async function tried(act, place) {
  place.textContent = "";
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    place.textContent = error.message;
  }
}

byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => {
    await ask("api/session", { json: { key: byId("key").value } });
    byId("key").value = "";
    await show();
  }, byId("key-fault"));
});
byId("sign-out").addEventListener("click", () =>
  tried(async () => {
    await send("api/session", { method: "DELETE" });
    await show();
  }, byId("status")),
);
tried(show, byId("status"));
