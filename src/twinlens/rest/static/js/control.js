/** One filter in the bar: a calendar, a list, a switch, or a box for text. */

import { byId, element, icon } from "./dom.js";
import { numberOf } from "./facts.js";

const FIRST_YEAR = "1000"; // while somebody types 2022 it is the year 0002, 0020 and 0202
const DRAWINGS = { favourites: "heart" }; // as on the photos; a filter needs none

/** How a kind of filter is asked for; any other is a box for text. */
const MAKERS = { date: calendar, folder: list, camera: list, choice: list, flag: toggle };

/** What a library holds to choose from. */
const HOLDINGS = {
  folder: (library) => withParents(library.folders),
  camera: (library) => library.cameras,
};

/** Its input tells of `change`; `value` is as in an address: "" for none, "true" for a switch that is on. */
export class Control {
  /** @param {import("./known_filters.js").Filter} filter */
  constructor(filter) {
    this.name = filter.name;
    this.isDate = filter.kind === "date";
    this.isFlag = filter.kind === "flag";
    this.holdings = HOLDINGS[filter.kind] || null;
    this.input = (MAKERS[filter.kind] || textBox)(filter);
    this.input.title = filter.help;
    if (!byId(filter.name)) this.input.id = filter.name; // a filter may be called as a part of the page is
    this.element = this.isFlag ? this.input : element("label", {}, `${filter.label} `, this.input);
  }

  /** @returns {string} */
  get value() {
    if (this.isFlag) return this.input.getAttribute("aria-pressed") === "true" ? "true" : "";
    return this.input.value;
  }

  /** @param {string} value one that a list lacks is added to it */
  show(value) {
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

  /** Offers what the library holds, with how many photos there are of each. @param {object} library as `GET /api/collection` gives it */
  fill(library) {
    const chosen = this.value;
    const made = this.holdings(library).map(({ name, images }) => element("option", { value: name, text: `${name} (${numberOf(images)})` }));
    this.input.replaceChildren(this.input.options[0], ...made);
    this.show(chosen);
  }
}

function calendar() {
  return element("input", { type: "date", max: "9999-12-31" });
}

function list({ choices }) {
  const all = element("option", { value: "", text: "All" });
  return element("select", {}, all, ...choices.map((choice) => element("option", { value: choice, text: choice })));
}

function textBox({ example }) {
  return element("input", { type: "text", placeholder: example || null });
}

function toggle({ name, label }) {
  const click = () => {
    made.setAttribute("aria-pressed", String(made.getAttribute("aria-pressed") !== "true"));
    made.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const drawing = DRAWINGS[name] && icon(DRAWINGS[name]);
  const made = element("button", { type: "button", class: "toggle", "aria-pressed": "false", on: { click } }, drawing, label);
  return made;
}

/** Folders with the folders that hold them, so that a whole branch can be chosen. */
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
