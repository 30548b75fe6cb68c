/** What is known of a file, and what differs from another one. */

import { element } from "./dom.js";
import { folderOf, momentOf, numberOf, sizeOf } from "./facts.js";
import { t } from "./texts.js";

const FACTS = {
  [t("Folder")]: ({ image_id: id }) => folderOf(id) || t("top folder"),
  [t("Taken")]: ({ taken_at: taken, date_source: source }) => taken && source !== "file" && momentOf(taken),
  [t("File date")]: ({ taken_at: taken, date_source: source }) => taken && source === "file" && momentOf(taken),
  [t("Size")]: ({ width, height }) => width && height && `${numberOf(width)} × ${numberOf(height)}`,
  [t("File")]: ({ size_bytes: bytes }) => bytes && sizeOf(bytes),
  [t("Marks")]: ({ is_favourite: isFavourite, rating, tags = [] }) => [isFavourite && t("favourite"), rating && "★".repeat(rating), ...tags].filter(Boolean).join(", "),
};

/** Rows of a description list; what differs stands out. @param {object} file @param {object} other */
export function differences(file, other) {
  return Object.entries(FACTS).flatMap(([term, read]) => {
    const value = read(file);
    if (!value) return [];
    const differs = file !== other && value !== read(other);
    return [element("div", {}, element("dt", { text: term }), element("dd", { class: differs ? "differs" : null, text: value, dir: "auto" }))];
  });
}
