/** A word of one's own, or a search with opinions: its photos, and what can be done with it. */

import { element } from "../dom.js";
import { countOf, nameOf } from "../facts.js";
import { may } from "../permissions.js";
import { thumbnailAddress } from "../server.js";
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
  const one = (id) => {
    const picture = element("img", { src: thumbnailAddress(id, SIDE_PX), alt: "", loading: "lazy", draggable: "false" });
    const name = nameOf(id);
    return element("li", {}, element("button", { type: "button", "aria-label": t("Open {name}", { name }), on: { click: () => open(id) } }, picture));
  };
  return element("ul", { class: "taught-photos", "aria-label": label }, ...ids.slice(0, SHOWN).map(one));
}
