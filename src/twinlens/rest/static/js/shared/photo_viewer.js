/** One photo of a share: zoom, the next and the one before, and its file if files are shared. */

import { byId, element } from "../dom.js";
import { dayOf } from "../facts.js";
import { BACK, FORWARD, t } from "../texts.js";
import { Zoom } from "../zoom.js";
import { fileAddress, pictureAddress } from "./share.js";

const LARGE_PX = 2048;
const STEPS = { [BACK]: -1, [FORWARD]: 1 };

/** Emits `shown` (detail: the photo's index) and `close` (detail: the same). */
export class PhotoViewer extends EventTarget {
  /** @param {import("./share.js").Share} share @param {import("./photo_wall.js").PhotoWall} wall whose photos it goes through */
  constructor(share, wall) {
    super();
    Object.assign(this, { share, wall, photos: wall.photos, index: 0, film: null });
    this.dialog = byId("viewer");
    this.picture = byId("viewer-picture");
    this.zoom = new Zoom(byId("stage"), this.picture);
    this.zoom.addEventListener("swipe", ({ detail }) => this.step(detail));
    this.label("viewer-before", t("Previous photo"), () => this.step(-1));
    this.label("viewer-next", t("Next photo"), () => this.step(1));
    this.label("viewer-close", t("Close"), () => this.dialog.close());
    named(byId("viewer-download"), t("Download"));
    byId("viewer-download").hidden = !share.originals;
    this.dialog.addEventListener("close", () => {
      this.film?.remove();
      this.dispatchEvent(new CustomEvent("close", { detail: this.index }));
    });
    this.dialog.addEventListener("keydown", (event) => STEPS[event.key] && !event.target.closest("video") && this.step(STEPS[event.key]));
  }

  label(id, text, act) {
    named(byId(id), text).addEventListener("click", act);
  }

  /** @param {number} index of a photo @param {string} small address of a picture of it that is loaded */
  open(index, small) {
    const photo = this.photos[index];
    this.index = index;
    if (!this.dialog.open) {
      this.dialog.showModal();
      byId("viewer-close").focus();
    }
    const place = t("{number} of {total}", { number: index + 1, total: this.wall.total });
    byId("viewer-name").textContent = photo.taken_on ? `${place} · ${dayOf(photo.taken_on)}` : place;
    byId("viewer-before").disabled = index === 0;
    byId("viewer-next").disabled = index === this.photos.length - 1;
    if (document.activeElement.disabled) byId("viewer-close").focus(); // a disabled button loses the keys
    byId("viewer-download").href = fileAddress(this.share, photo, true);
    this.zoom.reset();
    this.show(photo, small);
    this.dispatchEvent(new CustomEvent("shown", { detail: index }));
  }

  show(photo, small) {
    this.film?.remove();
    this.picture.alt = byId("viewer-name").textContent;
    this.picture.src = small;
    const large = new Image();
    large.src = pictureAddress(this.share, photo, LARGE_PX);
    large.decode().then(
      () => this.photos[this.index] === photo && (this.picture.src = large.src),
      () => {}, // the small one stays
    );
    byId("stage").classList.toggle("has-film", Boolean(photo.duration_s && this.share.originals));
    if (!photo.duration_s || !this.share.originals) return;
    this.film = element("video", { src: fileAddress(this.share, photo, false), controls: true, playsinline: true });
    byId("stage").append(this.film);
  }

  step(by) {
    const next = this.photos[this.index + by];
    if (next) this.open(this.index + by, pictureAddress(this.share, next, 512));
  }
}

function named(button, text) {
  button.title = text;
  button.setAttribute("aria-label", text);
  return button;
}
