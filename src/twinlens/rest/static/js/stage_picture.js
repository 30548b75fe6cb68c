/** The picture of the open photo: at once as small as it is there already, then sharp; the next ones are fetched ahead. */

import { byId, element } from "./dom.js";
import { photoAddress, thumbnailAddress } from "./server.js";
import { nameOf } from "./facts.js";
import { describePicture } from "./spoken.js";
import { Player } from "./player.js";
import { GONE } from "./tile.js";
import { t } from "./texts.js";

/** Photos up to this size are loaded as the original file; larger ones only when zoomed in. */
export const SCREEN_PX = 2048;
const LARGEST_GROWTH = 2; // a small picture is not enlarged to the whole window
const SETTLED = ["has-picture", "is-unsharp", "is-broken"]; // no other picture of the photo is on its way
const STATES = ["is-loading", "is-small", ...SETTLED];

/** Emits `broken` when the photo cannot be shown, and `settled` when no other picture of it is on its way. */
export class StagePicture extends EventTarget {
  constructor() {
    super();
    this.stage = byId("stage");
    this.picture = byId("viewer-picture");
    this.fault = element("p", { class: "picture-fault", role: "status" });
    this.stage.append(this.fault);
    this.player = new Player(this.stage);
    this.photo = null;
    /** Fetched ahead, by address. @type {Map<string, HTMLImageElement>} */
    this.ahead = new Map();
    /** What is fetched once the open photo is sharp: earlier, it would share the line with it. @type {string[]} */
    this.waiting = [];
    this.picture.addEventListener("load", () => this.fit());
  }

  /** The open photo turns out to be a video. @param {object} photo */
  play(photo) {
    this.photo = photo;
    this.player.show(this.isMissing ? null : photo);
  }

  /**
   * @param {{image_id: string, width?: ?number, height?: ?number}} photo
   * @param {{small?: ?string, isMissing?: boolean}} how small: the address of a picture of it that is loaded already
   */
  show(photo, { small = null, isMissing = false } = {}) {
    this.photo = photo;
    this.isMissing = isMissing;
    describePicture(this.picture, photo);
    this.isOriginal = isSmall(photo);
    if (small && !isMissing) this.picture.src = small;
    else this.picture.removeAttribute("src"); // that of the photo before must not stay under this name
    this.fit();
    this.sharp = null;
    this.player.show(isMissing ? null : photo);
    if (isMissing) this.showState("is-broken");
    else {
      this.showState(small ? "is-small" : "is-loading");
      this.sharpen(screenAddress(photo));
    }
  }

  /** Shows a picture once it has come; falls back to one that the server makes, from formats that the browser cannot show. */
  sharpen(address) {
    const picture = this.ahead.get(address) || loaded(address, "high");
    this.ahead.set(address, picture);
    this.sharp = picture;
    picture.decode().then(
      () => picture === this.sharp && this.put(address),
      () => {
        if (picture !== this.sharp) return;
        this.ahead.delete(address);
        if (address.includes("/thumbnail")) this.keepSmall(picture);
        else this.sharpen(thumbnailAddress(this.photo.image_id, SCREEN_PX, this.photo.at_s));
      },
    );
  }

  /** There is no sharp picture; the small one, which may still be on its way, stays. @param {HTMLImageElement} lost */
  keepSmall(lost) {
    const show = (state) => lost === this.sharp && this.showState(state);
    this.picture.decode().then(() => show("is-unsharp"), () => show("is-broken"));
  }

  put(address) {
    this.picture.src = address;
    this.showState("has-picture");
    if (this.stage.classList.contains("is-zoomed")) this.useOriginal();
  }

  /** The original, once somebody looks closely. */
  useOriginal() {
    if (this.isOriginal || !this.isSharp || this.photo.duration_s) return;
    this.isOriginal = true;
    const { photo } = this;
    const address = photoAddress(photo.image_id);
    const unreadable = () => {}; // by the browser: the thumbnail stays
    loaded(address).decode().then(() => photo === this.photo && this.put(address), unreadable);
  }

  /** Shows the frame of a video that is seen now in its place. @returns {Promise<?number>} its time in seconds; null for a photo */
  async holdStill() {
    const { photo } = this;
    if (!photo?.duration_s) return null;
    const at = this.player.pause() ?? photo.at_s ?? 0;
    const address = thumbnailAddress(photo.image_id, SCREEN_PX, at);
    try {
      await loaded(address).decode();
    } catch {
      return at; // the frame that is there stays
    }
    if (photo !== this.photo) return at;
    this.sharp = null; // one that is still on its way is of another moment
    this.put(address);
    await this.picture.decode().catch(() => {});
    return at;
  }

  /** The video may be played again. */
  goOn() {
    this.player.shown();
  }

  /** Fetches photos that may be opened next, and no others any more. @param {object[]} photos */
  prefetch(photos) {
    const wanted = [this.photo, ...photos].filter((photo) => photo && !photo.missing).map(screenAddress);
    for (const [address, picture] of this.ahead) {
      if (wanted.includes(address)) continue;
      this.ahead.delete(address);
      if (!picture.complete && picture !== this.sharp) picture.removeAttribute("src"); // no longer loaded
    }
    this.waiting = wanted.filter((address) => !this.photo || address !== screenAddress(this.photo));
    if (!this.photo || this.isSettled) this.fetchAhead();
  }

  fetchAhead() {
    for (const address of this.waiting) {
      if (this.ahead.has(address)) continue;
      const picture = loaded(address, "low");
      picture.onerror = () => this.ahead.delete(address); // asked for again when it is opened
      this.ahead.set(address, picture);
    }
  }

  get isSettled() {
    return SETTLED.some((state) => this.stage.classList.contains(state));
  }

  get isSharp() {
    return this.stage.classList.contains("has-picture");
  }

  clear() {
    this.photo = null;
    this.sharp = null;
    this.player.show(null);
    this.picture.removeAttribute("src");
    this.prefetch([]);
  }

  /** The place that the photo takes, which is the same for its small and its sharp picture. */
  fit() {
    if (!this.photo) return;
    const { width, height } = this.photo.width && this.photo.height ? this.photo : sizeOf(this.picture);
    this.stage.style.setProperty("--widest", `${LARGEST_GROWTH * width}px`);
    this.stage.style.setProperty("--highest", `${LARGEST_GROWTH * height}px`);
  }

  /** @param {"is-loading"|"is-small"|"has-picture"|"is-unsharp"|"is-broken"} state */
  showState(state) {
    if (state === "is-broken") this.dispatchEvent(new Event("broken"));
    for (const one of STATES) this.stage.classList.toggle(one, one === state);
    const gone = this.isMissing && `${GONE}: ${nameOf(this.photo.image_id)}`;
    const faults = { "is-broken": gone || t("This photo cannot be shown"), "is-unsharp": t("Only a small picture of this photo can be shown") };
    this.fault.textContent = faults[state] || "";
    if (!SETTLED.includes(state)) return;
    this.fetchAhead();
    this.dispatchEvent(new Event("settled"));
  }
}

function loaded(address, fetchPriority = "auto") {
  const picture = Object.assign(new Image(), { fetchPriority });
  picture.src = address;
  return picture;
}

function isSmall({ width, height, duration_s: duration }) {
  if (duration) return false; // a video: its frame is made by the server
  const side = Math.max(width || 0, height || 0);
  return side > 0 && side <= SCREEN_PX;
}

/** What is loaded to fill a window. */
export function screenAddress(photo) {
  return isSmall(photo) ? photoAddress(photo.image_id) : thumbnailAddress(photo.image_id, SCREEN_PX, photo.at_s);
}

function sizeOf({ naturalWidth: width, naturalHeight: height }) {
  return { width, height };
}
