/** The page that is shown where the server cannot be reached: it asks for it until it answers, and then loads what was wanted. */

import { t } from "../texts.js";

const AGAIN_MS = 3000;
const TOP = new URL("../../../../", import.meta.url); // of the server: this file is static/VERSION/js/offline/page.js

async function look() {
  try {
    const answer = await fetch(new URL("health", TOP), { cache: "no-store" });
    if (answer.status !== 502 && answer.status !== 504) return location.reload();
  } catch {
    // not yet
  }
  return undefined;
}

document.getElementById("heading").textContent = t("The server cannot be reached");
document.getElementById("line").textContent = t(
  "Your photos are on the server, and none is kept here. This page goes on by itself when the server answers.",
);
document.getElementById("again").textContent = t("Try now");
document.getElementById("again").addEventListener("click", look);
setInterval(look, AGAIN_MS);
