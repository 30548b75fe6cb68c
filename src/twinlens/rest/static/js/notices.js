/** Short words to whoever uses the page: a notice that goes away, a banner while the server does not answer. */

import { byId, element } from "./dom.js";
import { connection, lookAgain } from "./server.js";

const SHOWN_MS = 4000;
let timer = 0;

/** @param {string} text @param {{label: string, act: Function}} [action] */
export function notice(text, action) {
  const place = byId("notice");
  clearTimeout(timer);
  const hide = () => place.replaceChildren();
  const button = action && element("button", { type: "button", text: action.label, on: { click: () => (action.act(), hide()) } });
  place.replaceChildren(element("p", {}, element("span", { text, dir: "auto" }), button));
  timer = setTimeout(hide, SHOWN_MS);
}

/** Shows and hides the banner. */
export function watchConnection() {
  const banner = byId("away");
  byId("away-retry").addEventListener("click", lookAgain);
  connection.addEventListener("away", () => (banner.hidden = false));
  connection.addEventListener("back", () => {
    banner.hidden = true;
    notice("The server is back.");
  });
}
