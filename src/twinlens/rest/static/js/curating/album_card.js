/** One album: its cover, name and size; a form in its place renames or deletes it. */

import { element, icon, iconButton } from "../dom.js";
import { countOf } from "../facts.js";
import { may } from "../permissions.js";
import { ask, Failure, isSilent, thumbnailAddress } from "../server.js";
import { t } from "../texts.js";

const COVER_PX = 512;

/**
 * @param {{name: string, query: ?string, photos: ?number}} album
 * @param {{open: () => void, rename: (name: string) => void, remove: () => void}} actions
 */
export function albumCard(album, actions) {
  const picture = element("span", { class: "cover" }, icon(album.query === null ? "image" : "search"));
  const size = element("span", { class: "quiet", text: album.query === null ? countOf(album.photos) : t("Live album") });
  const open = element(
    "button",
    { type: "button", class: "album-open", on: { click: actions.open } },
    picture,
    element("span", { class: "album-name", text: album.name, dir: "auto" }),
    size,
  );
  const made = element("li", { class: "album" }, open);
  const cancel = () => {
    made.replaceChildren(open, pencil);
    pencil.focus();
  };
  const edit = () => {
    made.replaceChildren(form(album, actions, cancel));
    const name = made.querySelector("input");
    name.focus();
    name.select(); // at once: a key typed right after the click belongs into the field
  };
  const pencil = iconButton("edit", t("Rename or delete: {name}", { name: album.name }), edit);
  if (may("curate")) made.append(pencil);
  made.loadCover = () => loadCover(album, picture, size);
  return made;
}

function form(album, { rename, remove }, cancel) {
  const input = element("input", { type: "text", "aria-label": t("Name of the album"), value: album.name, maxlength: 100, dir: "auto", required: true });
  const button = (text, click, kind = "plain") => element("button", { type: "button", class: kind, text, on: { click } });
  const made = element(
    "form",
    { class: "name-input album-form" },
    element("label", {}, input),
    album.query !== null && element("p", { class: "quiet", text: t("Finds: {query}", { query: album.query }), dir: "auto" }),
    element("p", { class: "row-of-buttons" }, element("button", { type: "submit", class: "plain", text: t("Rename") }), button(t("Delete"), remove), button(t("Cancel"), cancel)),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name || name === album.name) cancel();
    else rename(name);
  });
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the view stays
    event.stopPropagation();
    cancel();
  });
  return made;
}

/** The first photo, and how many a live album has now. */
async function loadCover({ name, query }, picture, size) {
  try {
    const found = await ask(`api/albums/photos?${new URLSearchParams({ name, top_k: 1 })}`);
    const [first] = found.results;
    if (query !== null) size.textContent = t("Live · {photos}", { photos: countOf(found.num_candidates) });
    if (first && !first.missing) picture.append(element("img", { src: thumbnailAddress(first.image_id, COVER_PX), alt: "" }));
  } catch (error) {
    if (!isSilent(error) && !(error instanceof Failure)) throw error;
    if (!isSilent(error)) size.textContent = error.message; // its search cannot be used any more, for example
  }
}
