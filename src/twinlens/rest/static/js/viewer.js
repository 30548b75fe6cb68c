/** The viewer of a single photo: zoom, previous and next, details, similar photos. */

import { byId, element } from "./dom.js";
import { ask, isSilent, photoAddress, thumbnailAddress } from "./server.js";
import { card } from "./card.js";
import { nameOf } from "./facts.js";
import { GONE, inPlaceOf } from "./tile.js";
import { Zoom } from "./zoom.js";

/** Photos up to this size are loaded as the original file; larger ones only when zoomed in. */
const SCREEN_PX = 2048;
const LARGEST_GROWTH = 2; // a small picture is not enlarged to the whole window

/** Emits `show` (detail: id), `close`, `heart`, `like`, `plus`, `minus`, `copy` (detail: id). */
export class Viewer extends EventTarget {
  /** @param {(id: string, step: number) => ?string} neighbour */
  constructor(neighbour) {
    super();
    this.neighbour = neighbour;
    this.dialog = byId("viewer");
    this.picture = byId("viewer-picture");
    this.fault = element("p", { class: "picture-fault", role: "status" });
    byId("stage").append(this.fault);
    this.zoom = new Zoom(byId("stage"), this.picture);
    this.zoom.addEventListener("zoomed", () => this.useOriginal());
    this.zoom.addEventListener("swipe", (event) => this.step(event.detail));
    this.dialog.addEventListener("close", () => this.onClose());
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.picture.addEventListener("load", () => this.onLoad());
    this.picture.addEventListener("error", () => this.onBroken());
    byId("viewer-before").addEventListener("click", () => this.step(-1));
    byId("viewer-next").addEventListener("click", () => this.step(1));
    byId("viewer-close").addEventListener("click", () => this.dialog.close());
    byId("viewer-info").addEventListener("click", () => this.showInfo(this.dialog.classList.contains("is-bare")));
    byId("zoom-in").addEventListener("click", () => this.zoom.by(1.6));
    byId("zoom-out").addEventListener("click", () => this.zoom.by(1 / 1.6));
    for (const name of ["heart", "like", "plus", "minus", "copy"]) {
      byId(`viewer-${name}`).addEventListener("click", () => this.tell(name, this.id));
    }
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** @param {string} id @param {?import("./search.js").Photo} photo from the grid */
  async open(id, photo) {
    if (id !== this.id) byId("viewer-facts").replaceChildren(); // they belong to another photo
    this.id = id;
    this.photo = photo;
    this.isMissing = Boolean(photo?.missing);
    this.showPicture();
    if (!this.dialog.open) {
      this.showInfo(window.innerWidth >= 900);
      this.dialog.showModal();
      byId("viewer-close").focus();
    }
    this.zoom.reset();
    this.showName(id);
    this.showFavourite(Boolean(photo?.is_favourite));
    this.refreshSteps();
    this.tell("show", id);
    await this.describe(id);
  }

  /** Reloads the open photo: its details, and its picture if that is missing. */
  async again() {
    if (!this.isOpen) return;
    if (!byId("stage").classList.contains("has-picture")) this.showPicture();
    await this.describe(this.id);
  }

  /** The previous or next photo has changed. */
  refreshSteps() {
    if (!this.isOpen) return;
    const focused = document.activeElement;
    byId("viewer-before").disabled = !this.neighbour(this.id, -1);
    byId("viewer-next").disabled = !this.neighbour(this.id, 1);
    if (focused.disabled) byId("viewer-close").focus(); // a disabled button loses the focus
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  showFavourite(isFavourite) {
    byId("viewer-heart").setAttribute("aria-pressed", String(isFavourite));
  }

  showName(id) {
    byId("viewer-name").textContent = nameOf(id);
    this.picture.alt = nameOf(id);
    const link = byId("viewer-download");
    link.href = `${photoAddress(id)}?download=true`;
    link.download = nameOf(id);
  }

  showPicture() {
    const side = Math.max(this.photo?.width || 0, this.photo?.height || 0);
    this.isOriginal = side > 0 && side <= SCREEN_PX;
    if (this.isMissing) {
      this.picture.removeAttribute("src");
      this.showState("is-broken");
      return;
    }
    this.showState("is-loading");
    this.picture.src = this.isOriginal ? photoAddress(this.id) : thumbnailAddress(this.id, SCREEN_PX);
  }

  /** @param {"is-loading"|"has-picture"|"is-broken"} state */
  showState(state) {
    for (const one of ["is-loading", "has-picture", "is-broken"]) byId("stage").classList.toggle(one, one === state);
    this.fault.textContent = state !== "is-broken" ? "" : this.isMissing ? `${GONE}: ${nameOf(this.id)}` : "This photo cannot be shown";
  }

  onLoad() {
    this.showState("has-picture");
    const { style, naturalWidth, naturalHeight } = this.picture;
    style.maxWidth = `${LARGEST_GROWTH * naturalWidth}px`;
    style.maxHeight = `${LARGEST_GROWTH * naturalHeight}px`;
  }

  useOriginal() {
    if (this.isOriginal) return;
    this.isOriginal = true;
    const original = new Image();
    const { id } = this;
    original.addEventListener("load", () => id === this.id && (this.picture.src = original.src));
    original.src = photoAddress(id); // if the browser cannot show the format, the thumbnail stays
  }

  /** Falls back to the thumbnail, which the server can make from formats that the browser cannot show. */
  onBroken() {
    if (this.picture.src.includes("/thumbnail")) this.showState("is-broken");
    else this.picture.src = thumbnailAddress(this.id, SCREEN_PX);
  }

  /** Shows details of the photo, and similar photos. */
  async describe(id) {
    const panel = byId("viewer-facts");
    const asked = (this.asked = Symbol(id)); // answers to previous requests are outdated, even for the same photo
    try {
      const facts = await ask(`api/photo/${encodeURIComponent(id)}`);
      if (asked !== this.asked) return;
      this.showFavourite(facts.is_favourite);
      if (facts.missing !== this.isMissing) {
        this.isMissing = facts.missing;
        this.showPicture();
      }
      panel.replaceChildren(card(facts));
      const found = await ask("api/search/image", { json: { image_id: id, top_k: 9, group: true } });
      if (asked === this.asked) this.showSimilar(found.results);
    } catch (error) {
      if (asked === this.asked && !isSilent(error)) panel.replaceChildren(element("p", { class: "quiet", text: error.message }));
    }
  }

  showSimilar(photos) {
    const buttons = photos.map((photo) => {
      const name = nameOf(photo.image_id);
      const picture = photo.missing
        ? inPlaceOf(photo)
        : element("img", { src: thumbnailAddress(photo.image_id, 256), alt: "", loading: "lazy" });
      const open = () => this.open(photo.image_id, photo);
      return element("button", { type: "button", "aria-label": `Open ${name}`, title: name, on: { click: open } }, picture);
    });
    byId("viewer-facts").append(element("h3", { text: "Similar photos" }), element("div", { class: "strip" }, ...buttons));
  }

  showInfo(isShown) {
    this.dialog.classList.toggle("is-bare", !isShown);
    byId("viewer-info").setAttribute("aria-pressed", String(isShown));
  }

  step(direction) {
    const next = this.neighbour(this.id, direction);
    if (next) this.tell("go", next);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      "+": () => this.zoom.by(1.6),
      "=": () => this.zoom.by(1.6),
      "-": () => this.zoom.by(1 / 1.6),
      0: () => this.zoom.reset(),
      f: () => this.tell("heart", this.id),
      i: () => this.showInfo(this.dialog.classList.contains("is-bare")),
      d: () => byId("viewer-download").click(),
      c: () => this.tell("copy", this.id),
      s: () => this.tell("like", this.id),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  onClose() {
    this.picture.removeAttribute("src");
    byId("viewer-facts").replaceChildren();
    this.tell("close", this.id);
    this.id = null;
    this.asked = null;
  }

  tell(name, id) {
    this.dispatchEvent(new CustomEvent(name, { detail: id }));
  }
}
