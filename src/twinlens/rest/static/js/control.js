/** Input for one filter: a calendar, a list, a text box with suggestions or without, or a switch. */

import { byId, element, icon } from "./dom.js";
import { countOf, numberOf } from "./facts.js";
import { SuggestionList } from "./suggestion_list.js";
import { t, translated } from "./texts.js";

const FIRST_YEAR = "1000"; // while 2022 is typed, the year is 0002, 0020 and 0202
const DRAWINGS = { favourites: "heart" }; // the same icon as on photos; optional

/** Input for each kind of filter; a text box for all others. */
const MAKERS = { date: calendar, folder: textBox, camera: list, choice: list, flag: toggle };

/** Values in the library to choose from. */
const HOLDINGS = {
  folder: (library) => withParents(library.folders),
  camera: (library) => library.cameras,
};

/** Its input emits `change`; `value` is as in the address: "" for none, "true" for a switch that is on. */
export class Control {
  /** @param {import("./known_filters.js").Filter} filter */
  constructor(filter) {
    this.name = filter.name;
    this.isDate = filter.kind === "date";
    this.isFlag = filter.kind === "flag";
    this.holdings = HOLDINGS[filter.kind] || null;
    this.input = (MAKERS[filter.kind] || textBox)(filter);
    this.input.title = translated(filter.help);
    if (filter.kind === "folder") this.suggestFolders();
    if (!byId(filter.name)) this.input.id = filter.name; // the name of a filter may be the id of another element
    /** @type {?{name: string, images: number}[]} */
    this.held = null;
    this.told = ""; // what the search has
    this.element = this.isFlag ? this.input : element("label", {}, `${translated(filter.label)} `, this.input);
  }

  /** @returns {string} */
  get value() {
    if (this.isFlag) return this.input.getAttribute("aria-pressed") === "true" ? "true" : "";
    return this.input.value;
  }

  /** @param {string} value added to a list that does not have it */
  show(value) {
    this.told = value;
    if (this.isFlag) {
      this.input.setAttribute("aria-pressed", String(value === "true"));
      return;
    }
    const isMissing = this.input.tagName === "SELECT" && ![...this.input.options].some((one) => one.value === value);
    if (isMissing) this.input.append(element("option", { value, text: value }));
    if (this.input.value !== value) this.input.value = value;
  }

  /** True for a date whose year is still being typed. */
  get isUnfinished() {
    return this.isDate && this.value !== "" && this.value < FIRST_YEAR;
  }

  suggestFolders() {
    const suggest = (text) => {
      const isChosen = this.held?.some(({ name }) => name === text); // then the others are of interest
      return foldersLike(this.held || [], isChosen ? "" : text).map(({ name, images }) => ({ value: name, text: name, note: countOf(images) }));
    };
    const list = (this.list = new SuggestionList(this.input, { label: t("Folders"), suggest, opensEmpty: true }));
    // a browser tells no change where the text is that of before a choice
    const tell = () => this.value !== this.told && this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.input.addEventListener("keydown", ({ key }) => key === "Enter" && tell());
    this.input.addEventListener("blur", tell);
    list.addEventListener("chosen", ({ detail }) => {
      this.input.value = detail.value;
      tell();
    });
  }

  /** Lists the values in the library with their numbers of photos. @param {object} library from `GET /api/collection` */
  fill(library) {
    this.held = this.holdings(library);
    if (this.list) return this.list.open(); // where somebody waits for it
    const chosen = this.value;
    const made = this.held.map(({ name, images }) => element("option", { value: name, text: `${name} (${numberOf(images)})` }));
    this.input.replaceChildren(this.input.options[0], ...made);
    return this.show(chosen);
  }
}

/** Folders whose path holds a text, those that begin with it first. */
function foldersLike(folders, text) {
  const wanted = text.toLowerCase();
  const found = folders.filter(({ name }) => name.toLowerCase().includes(wanted));
  const begins = ({ name }) => [name, name.slice(name.lastIndexOf("/") + 1)].some((one) => one.toLowerCase().startsWith(wanted));
  return [...found.filter(begins), ...found.filter((one) => !begins(one))];
}

function calendar() {
  return element("input", { type: "date", max: "9999-12-31" });
}

function list({ choices }) {
  const all = element("option", { value: "", text: t("All") });
  return element("select", {}, all, ...choices.map((choice) => element("option", { value: choice, text: translated(choice) })));
}

function textBox({ kind, example }) {
  return element("input", { type: "text", placeholder: kind === "folder" ? t("All") : example || null });
}

function toggle({ name, label }) {
  const click = () => {
    made.setAttribute("aria-pressed", String(made.getAttribute("aria-pressed") !== "true"));
    made.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const drawing = DRAWINGS[name] && icon(DRAWINGS[name]);
  const made = element("button", { type: "button", class: "toggle", "aria-pressed": "false", on: { click } }, drawing, translated(label));
  return made;
}

/** Folders including their parent folders, so that a whole branch can be chosen. */
function withParents(folders) {
  const counts = new Map();
  for (const { name, images } of folders) {
    const parts = name.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = parts.slice(0, depth).join("/");
      counts.set(path, (counts.get(path) || 0) + images);
    }
  }
  return [...counts].sort(([one], [other]) => one.localeCompare(other)).map(([name, images]) => ({ name, images }));
}
