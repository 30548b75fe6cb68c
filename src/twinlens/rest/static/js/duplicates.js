/** Duplicates side by side, with their evidence, and a list of those that may go. Nothing is deleted or moved. */

import { toldOf } from "./advice.js";
import { byId, element, icon, iconButton } from "./dom.js";
import { groupCard, KIND_NAMES } from "./duplicate_group.js";
import { countOf, numberOf } from "./facts.js";
import { groupsOf } from "./found_groups.js";
import { MoveList } from "./move_list.js";
import { isSilent } from "./server.js";
import { t } from "./texts.js";

const PAGE = 24;
const AHEAD_PX = 600;

/** Emits `open` (detail: id of a photo) and `compare` (detail: ids of two). */
export class DuplicatesView extends EventTarget {
  constructor() {
    super();
    this.list = new MoveList();
    this.abort = new AbortController();
    this.kind = null;
    this.makeDialog();
    const opener = element("button", { type: "button", class: "plain", on: { click: () => this.open() } }, icon("copy"), t("Find duplicates"));
    byId("reindex").after(opener);
    this.dialog.addEventListener("close", () => this.abort.abort());
    this.list.addEventListener("change", () => this.showList());
  }

  makeDialog() {
    this.status = element("p", { class: "quiet", role: "status" });
    this.progress = element("progress", { "aria-label": t("Looking for duplicates"), hidden: true });
    this.kinds = element("div", { class: "row-of-buttons", role: "group", "aria-label": t("Kinds of duplicates") });
    this.groups = element("ol", { class: "groups", "aria-label": t("Groups") });
    this.end = element("div", { class: "groups-end" });
    this.counted = element("p", { class: "quiet", role: "status" });
    this.actions = element(
      "div",
      { class: "list-bar" },
      this.counted,
      element("button", { type: "button", class: "plain", on: { click: () => this.list.copy(this.kind) } }, icon("copy"), t("Copy list")),
      element("button", { type: "button", class: "plain", on: { click: () => this.list.save(this.kind) } }, icon("download"), t("Save list")),
    );
    this.body = element("div", { class: "panel-body", tabindex: "-1" }, this.status, this.progress, this.kinds, this.groups, this.end);
    this.dialog = element(
      "dialog",
      { class: "panel whole duplicates", "aria-labelledby": "duplicates-title" },
      element("header", {}, element("h2", { id: "duplicates-title", text: t("Duplicates") }), iconButton("close", t("Close"), () => this.dialog.close())),
      this.body,
      this.actions,
    );
    document.body.append(this.dialog);
    this.body.addEventListener("scroll", () => this.isNearEnd && this.more(), { passive: true });
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.show(null);
  }

  /** Shows the groups of a kind. @param {?string} kind null for all */
  show(kind) {
    this.kind = kind;
    this.abort.abort();
    this.abort = new AbortController();
    this.groups.replaceChildren();
    this.shown = 0;
    this.total = null;
    this.isLoading = false;
    this.actions.hidden = true;
    return this.more();
  }

  get isNearEnd() {
    return this.end.getBoundingClientRect().top < this.body.getBoundingClientRect().bottom + AHEAD_PX;
  }

  /** The next page. */
  async more() {
    const isComplete = this.total !== null && this.shown >= this.total;
    if (!this.dialog.open || this.isLoading || isComplete) return;
    this.isLoading = true;
    const { abort } = this;
    try {
      const page = { offset: this.shown, limit: PAGE, signal: abort.signal };
      const found = await groupsOf(this.kind, { ...page, onProgress: (told) => this.showProgress(told) });
      if (abort === this.abort) this.add(found);
    } catch (error) {
      if (abort === this.abort && !isSilent(error)) this.tellFault(error);
      return;
    } finally {
      if (abort === this.abort) this.isLoading = false;
    }
    if (abort === this.abort && this.isNearEnd) await this.more(); // a large window has room for more
  }

  add(found) {
    this.progress.hidden = true;
    this.total = found.groups.length ? found.num_groups : this.shown; // fewer than before, if the library has changed
    this.shown += found.groups.length;
    const actions = { open: (id) => this.tell("open", id), compare: (pair) => this.tell("compare", pair), list: this.list, kind: () => this.kind };
    this.groups.append(...found.groups.map((group) => groupCard(group, actions)));
    this.status.textContent = saidOf(found);
    this.showKinds(found.kinds);
    this.actions.hidden = this.total === 0;
    this.list.note(found);
    this.showList();
  }

  tellFault(failure) {
    this.progress.hidden = true;
    this.status.textContent = toldOf(failure);
  }

  showProgress({ done, total }) {
    this.progress.hidden = false;
    if (total) Object.assign(this.progress, { value: done, max: total });
    else this.progress.removeAttribute("value");
    this.status.textContent = total ? t("Comparing pictures: {done} of {photos}", { done, photos: countOf(total) }) : t("Looking for photos that may be duplicates…");
  }

  showKinds(kinds) {
    const chosen = (kind) => String(this.kind === kind);
    const button = (kind, text) => {
      const click = () => this.show(kind);
      return element("button", { type: "button", class: "toggle", "aria-pressed": chosen(kind), text, on: { click } });
    };
    const there = Object.entries(kinds).filter(([, count]) => count);
    const hadFocus = this.kinds.contains(document.activeElement);
    const each = there.map(([kind, count]) => button(kind, `${KIND_NAMES[kind]} (${numberOf(count)})`));
    this.kinds.replaceChildren(...(each.length ? [button(null, t("All")), ...each] : []));
    if (hadFocus) this.kinds.querySelector("[aria-pressed='true']")?.focus();
  }

  showList() {
    const count = this.list.count(this.kind);
    this.counted.textContent = t("{count} file to move, for your own tools; nothing is deleted here.|{count} files to move, for your own tools; nothing is deleted here.", { count });
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function saidOf({ num_groups: groups, not_compared: left, has_features: isCompared }) {
  const parts = [groups ? t("{count} group of photos of which one may be enough|{count} groups of photos of which one may be enough", { count: groups }) : t("No duplicates found")];
  if (!isCompared) parts.push(t("only equal files and RAW files are found, as this model keeps nothing of how photos look"));
  if (left) parts.push(t("{photos} left out: gone, changed, or a link; look for new photos first", { photos: countOf(left) }));
  return parts.join(" · ");
}
