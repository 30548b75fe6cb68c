/** A word of one's own, or a search with opinions: its photos, and what can be done with it. */

import { element } from "../dom.js";
import { countOf, nameOf } from "../facts.js";
import { listedPhotos } from "../listed.js";
import { may } from "../permissions.js";
import { thumbnailAddress } from "../server.js";
import { spokenName } from "../spoken.js";
import { t } from "../texts.js";

const SHOWN = 6;
const SIDE_PX = 256;

/**
 * @param {{kind: string, subject: string, good: string[], bad: string[]}} taught
 * @param {{open: (id: string) => void, search: (words: string) => void, forget: (taught: object) => void}} actions
 */
export function taughtItem(taught, { open, search, forget }) {
  const { subject, good, bad } = taught;
  const button = (text, label, click) => element("button", { type: "button", class: "plain", text, "aria-label": label, on: { click } });
  return element(
    "li",
    { class: "taught" },
    element("h4", { text: subject, dir: "auto" }),
    element("p", { class: "quiet", text: told(taught) }),
    photos(good, t("Photos that fit “{subject}”", { subject }), open),
    bad.length > 0 && element("p", { class: "quiet", text: t("Not like these:") }),
    bad.length > 0 && photos(bad, t("Photos that do not fit “{subject}”", { subject }), open),
    element(
      "p",
      { class: "row-of-buttons" },
      button(t("Search"), t("Search for “{subject}”", { subject }), () => search(subject)),
      may("curate") && button(t("Forget"), t("Forget “{subject}”", { subject }), () => forget(taught)),
    ),
  );
}

function told({ kind, good, bad }) {
  if (kind === "word") return t("Learnt from {photos}", { photos: countOf(good.length) });
  return t("{good} good, {bad} bad", { good: good.length, bad: bad.length });
}

function photos(ids, label, open) {
  const shown = ids.slice(0, SHOWN);
  const buttons = shown.map((id) => {
    const picture = element("img", { src: thumbnailAddress(id, SIDE_PX), alt: "", loading: "lazy", draggable: "false" });
    return element("button", { type: "button", on: { click: () => open(id) } }, picture);
  });
  const call = (nameOfPhoto) => shown.forEach((id, place) => {
    buttons[place].setAttribute("aria-label", t("Open photo {number}: {name}", { number: place + 1, name: nameOfPhoto(id) }));
  });
  call(nameOf);
  if (shown.length) listedPhotos(shown).then((known) => call((id) => (known.has(id) ? spokenName(known.get(id)) : nameOf(id))));
  return element("ul", { class: "taught-photos", "aria-label": label }, ...buttons.map((button) => element("li", {}, button)));
}
