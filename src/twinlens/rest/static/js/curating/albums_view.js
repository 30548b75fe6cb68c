/** All albums with their covers: open one, make a live one of the search that is shown, rename, delete. */

import { byId, element } from "../dom.js";
import { notice } from "../notices.js";
import { may } from "../permissions.js";
import { albumCard } from "./album_card.js";
import { deleteAlbum, renameAlbum, saveSearch } from "./album_calls.js";
import { knownAlbums } from "./known_names.js";
import { NameInput } from "./name_input.js";
import { given } from "../server.js";
import { t } from "../texts.js";

/** Emits `open` (detail: an album's name). */
export class AlbumsView extends EventTarget {
  /** @param {{search: () => ?string, most: () => number}} from the search that is shown, as words; most photos of one answer */
  constructor({ search, most }) {
    super();
    Object.assign(this, { search, most });
    this.dialog = byId("albums");
    this.list = byId("albums-list");
    this.line = byId("albums-line");
    this.maker = new NameInput({ label: t("Save this search as a live album"), known: async () => [] });
    this.maker.addEventListener("name", ({ detail }) => this.save(detail));
    byId("albums-maker").append(this.maker.element, element("p", { class: "quiet", id: "albums-search", dir: "auto" }));
    this.watcher = new IntersectionObserver((entries) => this.onSeen(entries), { root: null, rootMargin: "200px" });
    given.addEventListener("changed", () => this.dialog.open && this.draw());
  }

  open() {
    const text = this.search();
    byId("albums-maker").hidden = !text || !may("curate");
    byId("albums-search").textContent = text ? t("It finds what “{query}” finds, also later.", { query: text }) : "";
    this.dialog.showModal();
    return this.draw();
  }

  async draw() {
    const albums = await knownAlbums();
    this.line.textContent = albums.length ? t("{count} album|{count} albums", { count: albums.length }) : t("No albums yet. Select photos and choose Organise, or search for something and save it here as a live album.");
    this.watcher.disconnect();
    this.list.replaceChildren(...albums.map((album) => this.card(album)));
    for (const card of this.list.children) this.watcher.observe(card);
    if (!this.dialog.contains(document.activeElement)) byId("albums-close").focus(); // the pressed button is gone
  }

  card(album) {
    return albumCard(album, {
      open: () => this.dispatchEvent(new CustomEvent("open", { detail: album.name })),
      rename: (name) => renameAlbum(album.name, name),
      remove: () => this.remove(album),
    });
  }

  onSeen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.watcher.unobserve(target);
      target.loadCover();
    }
  }

  async save(name) {
    if (await saveSearch(name, this.search())) notice(t("Saved as the live album “{name}”.", { name }));
  }

  async remove(album) {
    const restore = await deleteAlbum(album, this.most());
    if (restore) notice(t("Deleted the album “{name}”. Its photos stay.", { name: album.name }), { label: t("Undo"), act: restore });
  }
}
