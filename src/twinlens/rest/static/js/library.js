/** The library panel: statistics, indexing, the model and its figures. */

import { byId, element } from "./dom.js";
import { ask, isSilent, said, send } from "./server.js";
import { countOf, dayOf, numberOf } from "./facts.js";
import { eventsOf } from "./events.js";
import { locale, t } from "./texts.js";
import { LibraryTexts } from "./library_texts.js";
import { may } from "./permissions.js";
import { hasLinks } from "./sharing/share_calls.js";

/** Emits `changed` when photos were added or removed. */
export class LibraryPanel extends EventTarget {
  constructor() {
    super();
    this.dialog = byId("library");
    this.texts = new LibraryTexts();
    this.texts.addEventListener("changed", () => this.dispatchEvent(new Event("changed")));
    byId("reindex").addEventListener("click", () => this.index());
  }

  async open() {
    this.dialog.showModal();
    this.texts.open();
    await this.refresh();
    this.follow("api/index/events", "GET");
  }

  /** Opens, and looks for photos at once: in a library that has none. */
  begin() {
    this.dialog.showModal();
    this.refresh();
    this.index();
  }

  async refresh() {
    try {
      const [collection, model, isShared] = await Promise.all([ask("api/collection"), ask("api/model"), may("curate") && hasLinks()]);
      byId("shared-links").hidden = !isShared;
      byId("library-facts").replaceChildren(...holdings(collection));
      byId("model-facts").replaceChildren(...modelCard(model, await said(model.description)));
    } catch (error) {
      if (!isSilent(error)) byId("library-facts").replaceChildren(element("p", { class: "quiet", text: error.message }));
    }
  }

  index() {
    this.say(t("Scanning the folders…"));
    byId("reindex").disabled = true;
    this.follow("api/index", "POST");
  }

  /** Shows the progress of a run until it ends, or until another call is followed. */
  async follow(path, method) {
    if (this.following?.method === "POST") return; // the run that somebody asked for here
    this.following?.abort.abort();
    const abort = new AbortController();
    const following = (this.following = { method, abort });
    try {
      const answer = await send(path, { method, signal: abort.signal });
      for await (const { name, data } of eventsOf(answer)) this.tellOf(name, data, method === "POST");
    } catch (error) {
      if (this.following === following) this.say(error.message);
    } finally {
      if (this.following === following) {
        this.following = null;
        byId("index-progress").hidden = true;
        byId("reindex").disabled = false;
      }
    }
  }

  async tellOf(stage, state, isOurs) {
    const progress = byId("index-progress");
    byId("reindex").disabled = stage === "progress";
    if (stage === "progress") {
      progress.hidden = false;
      if (state.to_read === null) progress.removeAttribute("value");
      else Object.assign(progress, { max: Math.max(1, state.to_read), value: state.done });
      this.wasRunning = true;
      this.say(state.to_read === null ? t("Scanning the folders…") : t("{done} of {count} new photo read|{done} of {count} new photos read", { done: state.done, count: state.to_read }));
      return;
    }
    progress.hidden = true;
    if (stage === "failed") this.say(t("Indexing failed: {message}", { message: state.message }));
    else if (stage === "stopped" && (isOurs || this.wasRunning)) this.say(t("Indexing was interrupted; finished work is kept."));
    else if (stage === "done" && (isOurs || this.wasRunning)) {
      this.say(await summaryOf(state));
      this.dispatchEvent(new Event("changed"));
      await Promise.all([this.refresh(), this.texts.refresh()]);
    }
    this.wasRunning = false;
  }

  say(text) {
    byId("index-status").textContent = text;
  }
}

const COUNTED = {
  added: (count) => t("{count} added", { count }),
  updated: (count) => t("{count} updated", { count }),
  renamed: (count) => t("{count} renamed", { count }),
  removed: (count) => t("{count} removed", { count }),
  restored: (count) => t("{count} restored", { count }),
};
const CHANGED = {
  new: (count) => t("{count} new", { count }),
  changed: (count) => t("{count} changed", { count }),
  gone: (count) => t("{count} gone", { count }),
};

async function summaryOf({ counts, skipped, kept_folders: kept = [] }) {
  const parts = Object.keys(COUNTED).filter((name) => counts[name]).map((name) => COUNTED[name](counts[name]));
  if (skipped) parts.push(t("{count} file skipped|{count} files skipped", { count: skipped }));
  const told = parts.length ? t("Done: {changes}.", { changes: parts.join(", ") }) : t("Done: nothing has changed.");
  const missing = kept.map(async ({ path, photos, reason }) =>
    t("{path} {reason}: {photos} kept; is its disk mounted?", { path, reason: await said(reason), photos: countOf(photos) }),
  );
  return [told, ...(await Promise.all(missing))].join(" ");
}

function holdings(library) {
  const days = [...new Set([library.first_taken, library.last_taken].filter(Boolean).map(dayOf))];
  const dates = days.join(" – ") || t("none");
  const numbers = [
    [library.num_images, t("photos")],
    [library.num_captions, t("captions")],
    [library.folders.length, t("folders")],
    [library.cameras.length, t("cameras")],
  ].filter(([value], place) => value || !place); // of what there is none, nothing is said
  const tiles = numbers.map(([value, name]) => element("div", {}, element("strong", { text: numberOf(value) }), element("span", { text: name })));
  const lines = [[t("Dates"), dates], [t("With a location"), numberOf(library.num_located)]];
  if (library.num_skipped) lines.push([t("Skipped"), t("{count} file|{count} files", { count: library.num_skipped })]);
  const changes = changesOf(library.since_index);
  if (changes) lines.push([t("Since the last look"), changes]);
  return [element("div", { class: "numbers" }, ...tiles), terms(lines)];
}

/** "at least 3 new, 1 gone"; empty if nothing is known to have changed. */
function changesOf(changes) {
  const parts = Object.keys(CHANGED).filter((name) => changes?.[name]).map((name) => CHANGED[name](changes[name]));
  return parts.length ? t("at least {changes}", { changes: parts.join(", ") }) : "";
}

/** "English, German"; empty if the model does not state its languages. @param {string[]} codes */
function languageNames(codes) {
  const names = new Intl.DisplayNames([locale], { type: "language" });
  return codes.map((code) => names.of(code)).join(", ");
}

function modelCard(model, description) {
  const lines = [
    [t("Name"), model.name],
    [t("Fingerprint"), model.fingerprint],
    [t("Image tower"), `${model.image.architecture}, ${model.image.quantization}`],
    [t("Text tower"), `${model.text.architecture}, ${model.text.quantization}`],
    [t("Languages"), languageNames(model.languages ?? [])],
    [t("Embedding"), t("{count} dimension|{count} dimensions", { count: model.embedding_dim })],
    [t("Grades"), model.is_calibrated ? t("calibrated") : t("by the library itself: the model is not calibrated")],
    [t("Licence"), model.license],
  ];
  const parts = [element("p", { text: description, dir: "auto" }), terms(lines.filter(([, value]) => value))];
  const figures = flat(model.figures);
  if (figures.length) parts.push(element("details", {}, element("summary", { text: t("Figures") }), terms(figures)));
  return parts;
}

function terms(lines) {
  return element("dl", {}, ...lines.map(([term, value]) => element("div", {}, element("dt", { text: term }), element("dd", { text: String(value), dir: "auto" }))));
}

/** Nested figures as lines: "flickr8k/test text to image R@1". */
function flat(figures, before = "") {
  return Object.entries(figures).flatMap(([name, value]) => {
    const path = before ? `${before} · ${name.replaceAll("_", " ")}` : name.replaceAll("_", " ");
    if (Array.isArray(value)) return [[path, value.join(" – ")]];
    return value !== null && typeof value === "object" ? flat(value, path) : [[path, value]];
  });
}
