/** In place of the photos while the library is away: what is wrong, the ways on, and a look for it every few seconds. */

import { toldOf } from "./advice.js";
import { byId, element } from "./dom.js";
import { t } from "./texts.js";

const AGAIN_MS = 5000;
const CLASS = "is-missing"; // hides what has no use meanwhile
let timer = 0;

/** @param {import("./server.js").Failure} failure @param {() => void} again asks for the photos again */
export function showMissing(failure, again) {
  clearTimeout(timer);
  timer = setTimeout(again, AGAIN_MS);
  const isShown = document.documentElement.classList.contains(CLASS);
  if (isShown) return; // its buttons may have the focus
  document.documentElement.classList.add(CLASS);
  for (const id of ["start", "grid"]) byId(id).hidden = true;
  byId("status").textContent = "";
  const told = toldOf(failure);
  byId("nothing").hidden = false;
  byId("nothing").replaceChildren(
    element("h2", { text: t("This library is away") }),
    element("p", { text: `${told[0].toUpperCase()}${told.slice(1)}` }),
    element(
      "p",
      { class: "row-of-buttons" },
      element("button", { type: "button", class: "main-button", text: t("Look again"), on: { click: again } }),
      !byId("all-libraries").hidden && element("a", { class: "plain", href: "../", text: t("All libraries") }),
    ),
  );
}

/** The library is here: its results follow. */
export function endMissing() {
  clearTimeout(timer);
  document.documentElement.classList.remove(CLASS);
}
