/** Slide show: the open photo and those after it, one after the other. */

import { byId, element, icon, iconButton, isTyped } from "./dom.js";
import { t } from "./texts.js";

const INTERVALS_S = [3, 5, 10, 30];
const USUAL_S = 5;
const KEPT = "twinlens.slideshow"; // in this browser
const AGAIN_MS = 300; // while a photo is still on its way
const AT_REST_MS = 3000; // then the controls fade

export class Slideshow {
  /**
   * @param {import("./viewer.js").Viewer} viewer
   * @param {() => ?string} first id of the photo to begin with again after the last; null while more are loaded
   */
  constructor(viewer, first) {
    this.viewer = viewer;
    this.first = first;
    this.dialog = viewer.dialog;
    this.isPlaying = false;
    this.makeParts();
    viewer.addEventListener("show", () => this.wait());
    viewer.addEventListener("close", () => this.end());
    this.dialog.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    for (const name of ["pointermove", "pointerdown", "focusin", "keydown"]) this.dialog.addEventListener(name, () => this.wake());
    document.addEventListener("fullscreenchange", () => this.showFull());
  }

  makeParts() {
    const label = t("Slide show");
    this.opener = iconButton("play", label, () => this.begin(), { class: "icon-button show-opener" });
    this.toggler = iconButton("pause", t("Pause"), () => this.toggle());
    this.interval = element(
      "select",
      { "aria-label": t("Time for each photo"), on: { change: () => this.keepInterval() } },
      ...INTERVALS_S.map((seconds) => element("option", { value: String(seconds), text: t("{seconds} s", { seconds }) })),
    );
    this.interval.value = String(keptInterval());
    const hidden = !document.fullscreenEnabled;
    this.full = iconButton("full", t("Full screen"), () => this.toggleFull(), { "aria-pressed": "false", hidden });
    this.bar = element(
      "div",
      { class: "show-bar", role: "group", "aria-label": label, hidden: true },
      iconButton("left", t("Previous photo"), () => this.viewer.step(-1)),
      this.toggler,
      iconButton("right", t("Next photo"), () => this.next()),
      this.interval,
      this.full,
      iconButton("close", t("End the slide show"), () => this.end()),
    );
    byId("stage").append(this.opener, this.bar);
  }

  get isOn() {
    return !this.bar.hidden;
  }

  begin() {
    const isChoosing = byId("stage").classList.contains("is-choosing"); // a part of the photo
    if (this.isOn || isChoosing || !this.viewer.isOpen) return;
    this.bar.hidden = false;
    this.dialog.classList.add("is-playing");
    this.viewer.zoom.reset();
    this.play(true);
    this.wake();
    this.toggler.focus();
  }

  end() {
    if (!this.isOn) return;
    this.play(false);
    this.bar.hidden = true;
    this.dialog.classList.remove("is-playing", "is-at-rest");
    clearTimeout(this.rest);
    if (document.fullscreenElement) document.exitFullscreen();
    if (this.viewer.isOpen) this.opener.focus();
  }

  toggle() {
    this.play(!this.isPlaying);
  }

  play(isPlaying) {
    this.isPlaying = isPlaying;
    const label = isPlaying ? t("Pause") : t("Play");
    this.toggler.replaceChildren(icon(isPlaying ? "pause" : "play"));
    this.toggler.setAttribute("aria-label", label);
    this.toggler.title = label;
    this.wait();
  }

  /** From now on, the photo is shown for the chosen time. */
  wait(time = 1000 * Number(this.interval.value)) {
    clearTimeout(this.timer);
    if (this.isOn && this.isPlaying) this.timer = setTimeout(() => this.advance(), time);
  }

  advance() {
    const isOnItsWay = ["is-loading", "is-small"].some((state) => byId("stage").classList.contains(state));
    if (isOnItsWay || !this.next()) this.wait(AGAIN_MS);
  }

  /** Shows the next photo, after the last one the first. @returns {boolean} whether there is one */
  next() {
    const { id } = this.viewer;
    if (this.viewer.neighbour(id, 1)) this.viewer.step(1);
    else {
      const first = this.first();
      if (first === null) return false;
      if (first === id) this.play(false); // it is the only one
      else this.viewer.tell("go", first);
    }
    return true;
  }

  keepInterval() {
    try {
      localStorage.setItem(KEPT, this.interval.value);
    } catch {
      // without storage it holds until the page is left
    }
    this.wait();
  }

  toggleFull() {
    if (document.fullscreenElement) return document.exitFullscreen();
    return byId("stage").requestFullscreen(); // a dialog cannot
  }

  showFull() {
    this.full.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
  }

  /** Shows the controls; they fade when nobody has touched anything for a while. */
  wake() {
    if (!this.isOn) return;
    this.dialog.classList.remove("is-at-rest");
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.dialog.classList.add("is-at-rest"), AT_REST_MS);
  }

  onKey(event) {
    if (isTyped(event)) return;
    const isChoosing = event.target.closest("select") !== null;
    if (!this.isOn) {
      if (event.key === "p") this.begin();
    } else if (event.key === " " && !event.target.closest("button, select")) {
      this.toggle();
      event.preventDefault();
    } else if (event.key === "Escape") {
      this.end();
      event.preventDefault();
      event.stopPropagation();
    } else if (isChoosing) event.stopPropagation(); // its arrows choose a time
  }
}

function keptInterval() {
  try {
    const kept = Number(localStorage.getItem(KEPT));
    return INTERVALS_S.includes(kept) ? kept : USUAL_S;
  } catch {
    return USUAL_S;
  }
}
