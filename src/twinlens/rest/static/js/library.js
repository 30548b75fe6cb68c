/** The library panel: statistics, indexing, the model and its figures. */

import { byId, element } from "./dom.js";
import { ask, isSilent, send } from "./server.js";
import { countOf, dayOf, numberOf } from "./facts.js";
import { eventsOf } from "./events.js";
import { LibraryTexts } from "./library_texts.js";

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
      const [collection, model] = await Promise.all([ask("api/collection"), ask("api/model")]);
      byId("library-facts").replaceChildren(...holdings(collection));
      byId("model-facts").replaceChildren(...modelCard(model));
    } catch (error) {
      if (!isSilent(error)) byId("library-facts").replaceChildren(element("p", { class: "quiet", text: error.message }));
    }
  }

  index() {
    byId("reindex").disabled = true;
    this.say("Scanning the folders…");
    this.follow("api/index", "POST");
  }

  /** Shows the progress of a run until it ends; one that is to be started waits until it is known that none goes on. */
  async follow(path, method) {
    if (this.following && method !== "POST") return;
    await this.following;
    this.following = this.tellAll(path, method);
    await this.following;
    this.following = null;
  }

  async tellAll(path, method) {
    try {
      for await (const { name, data } of eventsOf(await send(path, { method }))) this.tellOf(name, data, method === "POST");
    } catch (error) {
      this.say(error.message);
    } finally {
      byId("index-progress").hidden = true;
      byId("reindex").disabled = false;
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
      this.say(state.to_read === null ? "Scanning the folders…" : `${numberOf(state.done)} of ${countOf(state.to_read, "new photo")} read`);
      return;
    }
    progress.hidden = true;
    if (stage === "failed") this.say(`Indexing failed: ${state.message}`);
    else if (stage === "stopped" && (isOurs || this.wasRunning)) this.say("Indexing was interrupted; finished work is kept.");
    else if (stage === "done" && (isOurs || this.wasRunning)) {
      this.say(summaryOf(state));
      this.dispatchEvent(new Event("changed"));
      await Promise.all([this.refresh(), this.texts.refresh()]);
    }
    this.wasRunning = false;
  }

  say(text) {
    byId("index-status").textContent = text;
  }
}

function summaryOf({ counts, skipped, kept_folders: kept = [] }) {
  const parts = ["added", "updated", "renamed", "removed", "restored"].filter((name) => counts[name]).map((name) => `${numberOf(counts[name])} ${name}`);
  if (skipped) parts.push(`${countOf(skipped, "file")} skipped`);
  const told = parts.length ? `Done: ${parts.join(", ")}.` : "Done: nothing has changed.";
  const missing = kept.map(({ path, photos, reason }) => `${path} ${reason}: ${countOf(photos, "photo")} kept; is its disk mounted?`);
  return [told, ...missing].join(" ");
}

function holdings(library) {
  const dates = library.first_taken ? `${dayOf(library.first_taken)} – ${dayOf(library.last_taken)}` : "none";
  const numbers = [
    [numberOf(library.num_images), "photos"],
    [numberOf(library.num_captions), "captions"],
    [numberOf(library.folders.length), "folders"],
    [numberOf(library.cameras.length), "cameras"],
  ];
  const tiles = numbers.map(([value, name]) => element("div", {}, element("strong", { text: value }), element("span", { text: name })));
  const lines = [["Dates", dates], ["With a location", numberOf(library.num_located)]];
  if (library.num_skipped) lines.push(["Skipped", countOf(library.num_skipped, "file")]);
  const changes = changesOf(library.since_index);
  if (changes) lines.push(["Since the last look", changes]);
  return [element("div", { class: "numbers" }, ...tiles), terms(lines)];
}

/** "at least 3 new, 1 gone"; empty if nothing is known to have changed. */
function changesOf(changes) {
  const parts = ["new", "changed", "gone"].filter((name) => changes?.[name]).map((name) => `${numberOf(changes[name])} ${name}`);
  return parts.length ? `at least ${parts.join(", ")}` : "";
}

/** "English, German"; empty if the model does not state its languages. @param {string[]} codes */
function languageNames(codes) {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  return codes.map((code) => names.of(code)).join(", ");
}

function modelCard(model) {
  const lines = [
    ["Name", model.name],
    ["Fingerprint", model.fingerprint],
    ["Image tower", `${model.image.architecture}, ${model.image.quantization}`],
    ["Text tower", `${model.text.architecture}, ${model.text.quantization}`],
    ["Languages", languageNames(model.languages ?? [])],
    ["Embedding", `${model.embedding_dim} dimensions`],
    ["Grades", model.is_calibrated ? "calibrated" : "by the library itself: the model is not calibrated"],
    ["Licence", model.license],
  ];
  const parts = [element("p", { text: model.description }), terms(lines.filter(([, value]) => value))];
  const figures = flat(model.figures);
  if (figures.length) parts.push(element("details", {}, element("summary", { text: "Figures" }), terms(figures)));
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
