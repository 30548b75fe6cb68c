/** The viewer of a single photo: zoom, previous and next, details, why it was found, similar photos. */

import { byId, element, isTyped } from "./dom.js";
import { ask, hasChanged, isSilent, photoAddress, thumbnailAddress } from "./server.js";
import { card } from "./card.js";
import { carryPhoto } from "./drag_out.js";
import { nameOf } from "./facts.js";
import { Part } from "./late.js";
import { describePicture, spokenName } from "./spoken.js";
import { StagePicture } from "./stage_picture.js";
import { inPlaceOf } from "./tile.js";
import { Zoom } from "./zoom.js";
import { BACK, FORWARD, t } from "./texts.js";

const why = new Part(
  () => import("./why.js"),
  ({ WhyMap }) => new WhyMap(byId("stage"), byId("viewer-picture"), byId("viewer-why")),
  { near: "#viewer-why" },
);

/** Emits `show` (detail: id), `facts` (detail: from the server), `rate` (detail: stars), `close`, `tag`, `heart`, `like`, `plus`, `minus`, `copy`, `share` (detail: id), `captioned` (detail: id and caption). */
export class Viewer extends EventTarget {
  /**
   * @param {{neighbour: (id: string, step: number) => ?object, small: (id: string) => ?string, words: () => ?string, found: (id: string) => ?object}} from
   *   neighbour: the photo before or after one; small: the address of a picture that the page shows already; words that photos were searched by;
   *   found: the query and the rank of one that was found
   */
  constructor({ neighbour, small, words, found }) {
    super();
    this.neighbour = neighbour;
    this.small = small;
    this.words = words;
    this.found = found;
    this.dialog = byId("viewer");
    this.picture = new StagePicture();
    this.zoom = new Zoom(byId("stage"), byId("viewer-picture"));
    this.picture.addEventListener("broken", () => why.made?.hide());
    this.zoom.addEventListener("zoomed", () => this.picture.useOriginal());
    this.zoom.addEventListener("swipe", (event) => this.step(event.detail));
    this.dialog.addEventListener("close", () => this.onClose());
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    byId("viewer-before").addEventListener("click", () => this.step(-1));
    byId("viewer-next").addEventListener("click", () => this.step(1));
    byId("viewer-close").addEventListener("click", () => this.dialog.close());
    byId("viewer-download").addEventListener("dragstart", (event) => carryPhoto(event, this.id));
    byId("viewer-info").addEventListener("click", () => this.showInfo(this.dialog.classList.contains("is-bare")));
    byId("viewer-why").addEventListener("click", () => this.toggleWhy());
    byId("zoom-in").addEventListener("click", () => this.zoom.by(1.6));
    byId("zoom-out").addEventListener("click", () => this.zoom.by(1 / 1.6));
    for (const name of ["heart", "like", "plus", "minus", "copy", "share"]) {
      byId(`viewer-${name}`).addEventListener("click", () => this.tell(name, this.id));
    }
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** @param {string} id @param {?import("./search.js").Photo} photo as far as it is known @param {?string} small a picture of it that is loaded */
  async open(id, photo, small = this.small(id)) {
    if (id !== this.id) this.clearPanel(); // it belongs to another photo
    this.id = id;
    this.photo = photo || { image_id: id };
    why.made?.hide();
    this.isMissing = Boolean(photo?.missing);
    this.showName(this.photo);
    if (!this.dialog.open) {
      this.showInfo(window.innerWidth >= 900);
      this.dialog.showModal();
      byId("viewer-close").focus();
    }
    this.picture.show(this.photo, { small, isMissing: this.isMissing });
    this.zoom.reset();
    this.showFavourite(Boolean(photo?.is_favourite));
    byId("viewer-why").hidden = !this.canTellWhy;
    this.refreshSteps();
    this.tell("show", id);
    await this.describe(id);
  }

  /** Takes away what is known of a photo; a button in there that had the focus would take the keys with it. */
  clearPanel() {
    const hadFocus = ["viewer-given", "viewer-facts"].some((part) => byId(part).contains(document.activeElement));
    byId("viewer-facts").replaceChildren();
    if (hadFocus) byId("viewer-close").focus();
  }

  /** Reloads the open photo: its details, and its picture if that is missing. */
  async again() {
    if (!this.isOpen) return;
    if (!this.picture.isSharp) this.picture.show(this.photo, { small: this.small(this.id), isMissing: this.isMissing });
    await this.describe(this.id);
  }

  /** The previous or next photo has changed. */
  refreshSteps() {
    if (!this.isOpen) return;
    const focused = document.activeElement;
    const [before, next] = [-1, 1].map((step) => this.neighbour(this.id, step));
    byId("viewer-before").disabled = !before;
    byId("viewer-next").disabled = !next;
    this.picture.prefetch([next, before].filter(Boolean));
    if (focused.disabled) byId("viewer-close").focus(); // a disabled button loses the focus
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  /** A photo, as a rule the open one, has another caption. @param {string} id @param {?string} caption */
  setCaption(id, caption) {
    if (id === this.id) {
      this.photo.caption = caption;
      this.showName({ ...(this.facts?.image_id === id ? this.facts : this.photo), caption });
    }
    this.tell("captioned", { id, caption });
  }

  showFavourite(isFavourite) {
    byId("viewer-heart").setAttribute("aria-pressed", String(isFavourite));
  }

  /** @param {object} photo as far as it is known */
  showName(photo) {
    const id = photo.image_id;
    byId("viewer-name").textContent = nameOf(id);
    this.dialog.setAttribute("aria-label", spokenName(photo));
    describePicture(byId("viewer-picture"), photo);
    const link = byId("viewer-download");
    link.href = `${photoAddress(id)}?download=true`;
    link.download = nameOf(id);
  }

  /** Shows details of the photo, and similar photos. */
  async describe(id) {
    const panel = byId("viewer-facts");
    const asked = (this.asked = Symbol(id)); // answers to previous requests are outdated, even for the same photo
    const time = performance.now();
    try {
      const facts = await ask(`api/photo/${encodeURIComponent(id)}`);
      if (asked !== this.asked) return;
      if (!hasChanged(time)) this.showFavourite(facts.is_favourite); // else it may be from before a key
      this.facts = facts;
      this.showName(facts);
      if (facts.missing !== this.isMissing) {
        this.isMissing = facts.missing;
        this.picture.show(this.photo, { isMissing: this.isMissing });
      }
      if (facts.duration_s && !this.photo.duration_s) this.picture.play({ ...this.photo, duration_s: facts.duration_s });
      panel.replaceChildren(card(facts));
      this.tell("facts", facts);
      const found = await ask("api/search/image", { json: { image_id: id, top_k: 9, group: true } });
      if (asked === this.asked) this.showSimilar(found.results);
    } catch (error) {
      if (asked === this.asked && !isSilent(error)) panel.replaceChildren(element("p", { class: "quiet", text: error.message }));
    }
  }

  showSimilar(photos) {
    const buttons = photos.map((photo, place) => {
      const name = spokenName(photo);
      const picture = photo.missing
        ? inPlaceOf(photo)
        : element("img", { src: thumbnailAddress(photo.image_id, 256), alt: "", loading: "lazy" });
      const open = () => this.open(photo.image_id, photo, photo.missing ? null : thumbnailAddress(photo.image_id, 256));
      return element("button", { type: "button", "aria-label": t("Open photo {number}: {name}", { number: place + 1, name }), title: name, on: { click: open } }, picture);
    });
    byId("viewer-facts").append(element("h3", { text: t("Similar photos") }), element("div", { class: "strip" }, ...buttons));
  }

  /** True for a photo that was searched for, and whose file is there. */
  get canTellWhy() {
    return Boolean(this.words() || this.found(this.id)) && !this.isMissing;
  }

  toggleWhy() {
    if (this.canTellWhy) why.use((map) => this.isOpen && this.canTellWhy && map.toggle(this.id, this.words(), this.found(this.id)));
  }

  showInfo(isShown) {
    if (!isShown && this.dialog.querySelector(".viewer-panel").contains(document.activeElement)) byId("viewer-info").focus();
    this.dialog.classList.toggle("is-bare", !isShown);
    byId("viewer-info").setAttribute("aria-pressed", String(isShown));
  }

  step(direction) {
    const next = this.neighbour(this.id, direction);
    if (next) this.tell("go", next.image_id);
  }

  onKey(event) {
    if (isTyped(event)) return;
    const rates = [1, 2, 3, 4, 5].map((stars) => [stars, () => this.tell("rate", stars)]);
    const keys = {
      ...Object.fromEntries(rates),
      [FORWARD]: () => this.step(1),
      [BACK]: () => this.step(-1),
      "+": () => this.zoom.by(1.6),
      "=": () => this.zoom.by(1.6),
      "-": () => this.zoom.by(1 / 1.6),
      0: () => (this.zoom.scale > 1 ? this.zoom.reset() : this.tell("rate", 0)),
      t: () => this.tell("tag", this.id),
      f: () => this.tell("heart", this.id),
      i: () => this.showInfo(this.dialog.classList.contains("is-bare")),
      d: () => byId("viewer-download").click(),
      c: () => this.tell("copy", this.id),
      s: () => this.tell("like", this.id),
      w: () => this.toggleWhy(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  onClose() {
    why.made?.hide();
    this.picture.clear();
    byId("viewer-facts").replaceChildren();
    this.tell("close", this.id);
    this.id = null;
    this.asked = null;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
