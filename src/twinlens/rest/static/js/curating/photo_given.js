/** What was given to the photo in the viewer: stars, captions, tags, albums; suggested tags are taken by a click. */

import { byId, element, icon } from "../dom.js";
import { notice } from "../notices.js";
import { may } from "../permissions.js";
import { Captions } from "./captions.js";
import { collect, rate, starsInWords, tag } from "./given.js";
import { albumNames, tagNames } from "./known_names.js";
import { NameInput } from "./name_input.js";
import { Stars } from "./stars.js";
import { SuggestedTags } from "./suggested_tags.js";
import { t } from "../texts.js";

/** Emits `find` (detail: a filter, such as {tag: "kids"}). */
export class PhotoGiven extends EventTarget {
  /** @param {import("../viewer.js").Viewer} viewer */
  constructor(viewer) {
    super();
    this.viewer = viewer;
    this.root = byId("viewer-given");
    this.stars = new Stars();
    this.stars.addEventListener("rate", ({ detail }) => this.rate(detail));
    this.tags = new NameInput({ label: t("Add a tag"), known: tagNames });
    this.tags.addEventListener("name", ({ detail }) => this.tag(detail, true));
    this.albums = new NameInput({ label: t("Put into an album"), known: albumNames });
    this.albums.addEventListener("name", ({ detail }) => this.collect(detail, true));
    this.captions = new Captions();
    this.captions.addEventListener("change", ({ detail }) => viewer.setCaption(detail.id, detail.caption));
    this.suggested = new SuggestedTags(viewer);
    this.suggested.addEventListener("tag", ({ detail }) => this.tag(detail, true));
    viewer.addEventListener("show", () => this.clear());
    viewer.addEventListener("facts", ({ detail }) => this.show(detail));
    viewer.addEventListener("rate", ({ detail }) => this.rate(detail, { isTold: true }));
    viewer.addEventListener("tag", () => this.write());
  }

  clear() {
    if (this.facts?.image_id === this.viewer.id) return;
    this.facts = null;
    this.root.hidden = true;
  }

  /** @param {object} facts from `GET /api/photo/…` */
  show(facts) {
    this.facts = facts;
    this.root.hidden = false;
    this.captions.show(facts);
    this.draw();
    this.suggested.show(facts.tags);
  }

  draw() {
    const { rating, tags, albums } = this.facts;
    const mayChange = may("curate");
    const held = this.root.contains(document.activeElement) && document.activeElement;
    this.stars.show(rating);
    this.root.replaceChildren(
      ...(mayChange ? [this.stars.element] : rating > 0 ? [element("p", { text: `★`.repeat(rating), role: "img", "aria-label": starsInWords(rating) })] : []),
      this.captions.element,
      ...this.group(t("Tags"), tags, "tag", (name) => this.tag(name, false), mayChange && [this.tags.element, this.suggested.element]),
      ...this.group(t("Albums"), albums, "album", (name) => this.collect(name, false), mayChange && [this.albums.element]),
    );
    if (held && this.root.contains(held)) held.focus();
    else if (held) byId("viewer-close").focus(); // the pressed button is gone
  }

  /** A heading, the names as chips, and what adds another. */
  group(title, names, kind, remove, inputs) {
    if (!names.length && !inputs) return [];
    const chips = names.map((name) =>
      element(
        "li",
        { class: "chip" },
        element("button", { type: "button", class: "find", text: name, dir: "auto", title: t("Show all: {name}", { name }), on: { click: () => this.find({ [kind]: name }) } }),
        inputs && element("button", { type: "button", class: "remove", "aria-label": t("Remove: {name}", { name }), on: { click: () => remove(name) } }, icon("close")),
      ),
    );
    return [element("h3", { text: title }), names.length > 0 && element("ul", { class: "given-names", "aria-label": title }, ...chips), ...(inputs || [])].filter(Boolean);
  }

  find(filter) {
    this.dispatchEvent(new CustomEvent("find", { detail: filter }));
  }

  /** The keyboard goes to the box for tags. */
  write() {
    if (!this.facts || !may("curate")) return;
    this.viewer.showInfo(true);
    this.tags.input.focus();
  }

  async rate(stars, { isTold = false } = {}) {
    const { facts } = this;
    if (!facts || !(await rate([facts.image_id], stars))) return;
    facts.rating = stars || null;
    this.redraw(facts);
    if (isTold) notice(`${starsInWords(stars)}.`);
  }

  async tag(name, isTagged) {
    const { facts } = this;
    const answer = facts && (await tag([facts.image_id], [name], isTagged));
    if (!answer) return;
    facts.tags = changed(facts.tags, answer.tags[0], isTagged);
    this.redraw(facts);
    this.suggested.show(this.facts.tags);
  }

  async collect(name, isIn) {
    const { facts } = this;
    const answer = facts && (await collect([facts.image_id], name, isIn));
    if (!answer) return;
    facts.albums = changed(facts.albums, answer.name, isIn);
    this.redraw(facts);
  }

  /** Unless another photo is shown by now. */
  redraw(facts) {
    if (facts === this.facts) this.draw();
  }
}

/** Names without one, whose case does not matter, or with it. */
function changed(names, name, isIn) {
  const others = names.filter((one) => one.toLowerCase() !== name.toLowerCase());
  return isIn ? [...others, name].sort((one, other) => one.localeCompare(other)) : others;
}
