/** A photo's metadata as a description list. */

import { element } from "./dom.js";
import { folderOf, nameOf, numberOf, placeOf, sizeOf, takenOf } from "./facts.js";

/** @param {object} facts from `GET /api/photo/…` */
export function card(facts) {
  const rows = [
    ["File", nameOf(facts.image_id)],
    ["Folder", folderOf(facts.image_id)],
    [facts.date_source === "file" ? "File date" : "Taken", facts.taken_at && takenOf(facts)],
    ["Camera", facts.camera],
    ["Place", facts.latitude !== null && facts.longitude !== null && placeOf(facts.latitude, facts.longitude)],
    ["Size", sizes(facts)],
  ];
  const list = element("dl", {});
  for (const [term, value] of rows) {
    if (value) list.append(element("div", {}, element("dt", { text: term }), element("dd", { text: value, dir: "auto" })));
  }
  const captions = facts.captions.map((caption) => element("li", { text: caption, dir: "auto" }));
  const shown = element("section", { class: "card" }, list);
  if (captions.length) shown.append(element("h3", { text: "Captions" }), element("ul", { class: "captions" }, ...captions));
  return shown;
}

function sizes(facts) {
  const pixels = facts.width && facts.height ? `${numberOf(facts.width)} × ${numberOf(facts.height)} · ` : "";
  return pixels + sizeOf(facts.size_bytes);
}
