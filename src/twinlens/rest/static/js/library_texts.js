/** Text in pictures, in the library panel: how much was read, and a run that reads the rest. */

import { toldOf } from "./advice.js";
import { byId } from "./dom.js";
import { eventsOf } from "./events.js";
import { numberOf } from "./facts.js";
import { ask, isSilent, send } from "./server.js";
import { t } from "./texts.js";

const CALL = "api/index/texts";

/** Emits `changed` when photos may be found by what was read. */
export class LibraryTexts extends EventTarget {
  constructor() {
    super();
    this.button = byId("read-texts");
    this.progress = byId("texts-progress");
    this.button.addEventListener("click", () => this.follow(CALL, "POST"));
  }

  /** Shows how much was read, and a run that is going on. */
  async open() {
    await this.refresh();
    await this.follow(`${CALL}/events`, "GET");
  }

  async refresh() {
    try {
      const state = await ask(CALL);
      this.button.hidden = !state.is_installed || !state.num_waiting;
      this.say(holdings(state));
    } catch (error) {
      if (!isSilent(error)) this.say(error.message);
    }
  }

  /** Shows the progress of a run until it ends. */
  async follow(path, method) {
    if (this.isFollowing) return;
    this.isFollowing = true;
    this.button.disabled = true;
    try {
      for await (const { name, data } of eventsOf(await send(path, { method }))) await this.tellOf(name, data);
    } catch (error) {
      if (!isSilent(error)) this.say(toldOf(error));
    } finally {
      this.isFollowing = this.wasRunning = false;
      this.progress.hidden = true;
      this.button.disabled = false;
    }
  }

  async tellOf(stage, state) {
    if (stage === "progress") {
      this.wasRunning = true;
      this.progress.hidden = false;
      if (state.to_read === null) this.progress.removeAttribute("value");
      else Object.assign(this.progress, { max: Math.max(1, state.to_read), value: state.done });
      const told = { done: numberOf(state.done), total: numberOf(state.to_read ?? 0) };
      this.say(state.to_read === null ? t("Looking for photos with text…") : t("{done} of {total} photos read for their text", told));
      return;
    }
    if (!this.wasRunning) return; // the end of an earlier run
    await this.refresh();
    if (stage === "failed") this.say(t("Reading failed: {message}", { message: state.message }));
    if (stage === "stopped") this.say(t("Reading was interrupted; what was read is kept."));
    if (state.with_text) this.dispatchEvent(new Event("changed"));
  }

  say(text) {
    byId("texts-status").textContent = text;
  }
}

function holdings({ is_installed: canRead, num_waiting: waiting, num_with_text: withText }) {
  const numbers = { waiting: numberOf(waiting), withText: numberOf(withText) };
  if (!canRead && waiting) return t("Text in pictures cannot be read here: on the server, run pip install 'twinlens[ocr]', and restart it.");
  if (waiting) return t("Photos with text: {withText}; not looked at for text yet: {waiting}", numbers);
  return t("All photos were looked at for text; photos with text: {withText}", numbers);
}
