/** A photo's metadata as a description list. */

import { element } from "./dom.js";
import { clockOf, folderOf, nameOf, numberOf, placeOf, sizeOf, takenOf } from "./facts.js";

/** @param {object} facts from `GET /api/photo/…` */
export function card(facts) {
  const rows = [
    ["Title", facts.title],
    ["Description", facts.description],
    ["People", facts.people.join(", ")],
    ["Text in it", facts.text?.replaceAll("\n", " · ")],
    ["Keywords", facts.keywords.join(", ").replaceAll("|", " › ")],
    ["File", nameOf(facts.image_id)],
    ["Folder", folderOf(facts.image_id)],
    [facts.date_source === "file" ? "File date" : "Taken", facts.taken_at && takenOf(facts)],
    ["Camera", facts.camera],
    ["Lens", facts.lens],
    ["Taken in", facts.place && facts.place.split("|").reverse().join(", ")],
    ["Position", facts.latitude !== null && facts.longitude !== null && placeOf(facts.latitude, facts.longitude)],
    ["Length", facts.duration_s && clockOf(facts.duration_s)],
    ["Size", sizes(facts)],
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
