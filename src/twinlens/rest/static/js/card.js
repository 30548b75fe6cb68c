/** A photo's metadata as a description list. */

import { element } from "./dom.js";
import { clockOf, folderOf, nameOf, numberOf, placeOf, sizeOf, takenOf } from "./facts.js";
import { t } from "./texts.js";

/** @param {object} facts from `GET /api/photo/…` */
export function card(facts) {
  const rows = [
    [t("Title"), facts.title],
    [t("Description"), facts.description],
    [t("People"), facts.people.join(", ")],
    [t("Text in it"), facts.text?.replaceAll("\n", " · ")],
    [t("Keywords"), facts.keywords.join(", ").replaceAll("|", " › ")],
    [t("File"), nameOf(facts.image_id)],
    [t("Folder"), folderOf(facts.image_id)],
    [facts.date_source === "file" ? t("File date") : t("Taken"), facts.taken_at && takenOf(facts)],
    [t("Camera"), facts.camera],
    [t("Lens"), facts.lens],
    [t("Taken in"), facts.place && facts.place.split("|").reverse().join(", ")],
    [t("Position"), facts.latitude !== null && facts.longitude !== null && placeOf(facts.latitude, facts.longitude)],
    [t("Length"), facts.duration_s && clockOf(facts.duration_s)],
    [t("Size"), sizes(facts)],
  ];
  const list = element("dl", {});
  for (const [term, value] of rows) {
    if (value) list.append(element("div", {}, element("dt", { text: term }), element("dd", { text: value, dir: "auto" })));
  }
  return element("section", { class: "card" }, list);
}

function sizes(facts) {
  const pixels = facts.width && facts.height ? `${numberOf(facts.width)} × ${numberOf(facts.height)} · ` : "";
  return pixels + sizeOf(facts.size_bytes);
}
