/** Messages to the user: a temporary notice, and a banner while the server does not answer. */

import { byId, element } from "./dom.js";
import { connection, lookAgain } from "./server.js";
import { t } from "./texts.js";

const SHOWN_MS = 4000;
const OFFERED_MS = 12_000; // something can be done about it
let timer = 0;
/** What had the focus before a notice had it. @type {?HTMLElement} */
let before = null;
/** Open dialogs, topmost last. @type {HTMLDialogElement[]} */
let dialogs = [];

/** @param {string} text @param {{label: string, act: Function}} [action] */
export function notice(text, action) {
  const place = byId("notice");
  clearTimeout(timer);
  const hide = () => replace(place);
  const button = action && element("button", { type: "button", text: action.label, on: { click: () => (action.act(), hide()) } });
  replace(place, element("p", {}, element("span", { text, dir: "auto" }), button));
  timer = setTimeout(hide, action ? OFFERED_MS : SHOWN_MS);
}

/** Shows something else; a dialog would lose its keys with a button that had the focus. */
function replace(place, ...shown) {
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...shown);
  if (!hadFocus) return;
  before?.focus();
  if (!before || document.activeElement !== before) dialogs.at(-1)?.querySelector("[id$='-close']")?.focus();
}

/** Shows and hides the banner; keeps it and the notices above every dialog. */
export function watchConnection() {
  const banner = byId("away");
  let cameFrom = null;
  banner.addEventListener("focusin", ({ relatedTarget }) => (cameFrom = relatedTarget || cameFrom));
  byId("notice").addEventListener("focusin", ({ relatedTarget }) => (before = relatedTarget));
  byId("away-retry").addEventListener("click", lookAgain);
  connection.addEventListener("away", () => {
    banner.hidden = false;
    raise();
  });
  connection.addEventListener("back", () => {
    if (banner.contains(document.activeElement)) (cameFrom || byId("words")).focus();
    banner.hidden = true;
    notice(t("The server is back."));
  });
  for (const shown of [banner, byId("notice")]) shown.popover = "manual";
  new MutationObserver(followDialogs).observe(document.body, { attributeFilter: ["open"], subtree: true });
  raise();
}

function followDialogs(changes) {
  for (const { target } of changes) {
    if (target.tagName !== "DIALOG") continue;
    dialogs = dialogs.filter((dialog) => dialog !== target);
    if (target.open) dialogs.push(target);
  }
  raise();
}

/** Moves messages into the topmost dialog: outside it they would be hidden, inert and silent. */
function raise() {
  const host = dialogs.at(-1) || document.body;
  for (const shown of [byId("away"), byId("notice")]) {
    if (shown.parentElement !== host) host.append(shown); // which hides it
    if (!shown.matches(":popover-open")) shown.showPopover();
  }
}
