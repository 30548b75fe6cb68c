/** A group of duplicates: its files side by side, what tells them apart, and why they are together. */

import { differences } from "./differences.js";
import { element, icon } from "./dom.js";
import { nameOf } from "./facts.js";
import { spokenName } from "./spoken.js";
import { thumbnailAddress } from "./server.js";
import { t } from "./texts.js";

export const KIND_NAMES = { exact: t("Same file"), raw: "RAW + JPEG", edited: t("Edited"), near: t("Same picture"), series: t("Series") };
const REASONS = {
  exact: () => t("The same file again"),
  raw: () => t("The RAW file of the photo"),
  edited: () => t("Another version of the photo"),
  near: ({ bits }) => (bits === undefined ? t("The same picture, saved again") : t("The same picture, saved again; fingerprints differ in {bits} of 256 bits", { bits })),
  series: ({ seconds }) => (seconds === undefined ? t("Another shot") : t("Another shot, {count} second apart|Another shot, {count} seconds apart", { count: Math.round(seconds) })),
};

/**
 * @param {{best: object, others: object[]}} group
 * @param {{open: Function, compare: Function, list: import("./move_list.js").MoveList, kind: () => ?string}} actions
 */
export function groupCard({ best, others }, actions) {
  const files = [{ ...best, kinds: others.map(({ kind }) => kind) }, ...others];
  const warning = element("p", { class: "fault", role: "status" });
  const check = () => {
    const areAll = files.every((file) => actions.list.has(file, actions.kind()));
    warning.textContent = areAll ? t("All files of this group are on the list: none would stay.") : "";
  };
  const shown = files.map((file, place) => fileCard(file, { best: files[0], number: place + 1 }, { ...actions, check }));
  check();
  return element("li", { class: "group" }, element("ul", { class: "files" }, ...shown), warning);
}

function fileCard(file, { best, number }, { open, compare, list, kind, check }) {
  const name = nameOf(file.image_id);
  const isPacked = file.in_archive;
  const box = element("input", { type: "checkbox", checked: list.has(file, kind()), disabled: isPacked, "aria-label": t("On the list: {name}", { name: file.image_id }) });
  box.addEventListener("change", () => {
    list.choose(file, box.checked, kind());
    check();
  });
  const isBest = file === best;
  const canCompare = !isBest && file.has_picture && best.has_picture;
  return element(
    "li",
    { class: isBest ? "file is-best" : "file" },
    pictureOf(file, number, open),
    element("p", { class: "file-kind", text: isBest ? t("Best") : KIND_NAMES[file.kind] }),
    element("h3", { text: name, dir: "auto" }),
    element("dl", {}, ...differences(file, best)),
    !isBest && element("p", { class: "quiet", text: reasonOf(file, best) }),
    element(
      "div",
      { class: "row-of-buttons" },
      element("label", { class: "toggle-label" }, box, isPacked ? ` ${t("In an archive")}` : ` ${t("Move")}`),
      canCompare && compareButton(file, { best, number }, compare),
    ),
  );
}

function compareButton(file, { best, number }, compare) {
  const label = t("Compare photo {number} with the best: {name}", { number, name: spokenName(file) });
  const act = () => compare([best.image_id, file.image_id]);
  return element("button", { type: "button", class: "plain", "aria-label": label, text: t("Compare"), on: { click: act } });
}

function pictureOf(file, number, open) {
  if (!file.has_picture) return element("div", { class: "no-picture" }, icon("image"));
  const picture = element("img", { src: thumbnailAddress(file.image_id, 512), alt: "", loading: "lazy", draggable: "false" });
  const act = () => open(file.image_id);
  return element("button", { type: "button", class: "file-picture", "aria-label": t("Open photo {number}: {name}", { number, name: spokenName(file) }), on: { click: act } }, picture);
}

function reasonOf(file, best) {
  const reason = REASONS[file.kind](file.figures);
  return file.of === best.image_id ? reason : t("{reason} (of {name})", { reason, name: nameOf(file.of) });
}
