/** A panel that gives stars, tags and albums to all selected photos, or takes them away. */

import { byId, element } from "../dom.js";
import { countOf } from "../facts.js";
import { notice } from "../notices.js";
import { may, whyNot } from "../permissions.js";
import { teachWord } from "../teaching/teaching_calls.js";
import { t } from "../texts.js";
import { collect, putFirst, rate, starsInWords, tag } from "./given.js";
import { albumNames, tagNames } from "./known_names.js";
import { NameInput } from "./name_input.js";
import { Stars } from "./stars.js";

export class Organise {
  constructor() {
    this.dialog = byId("organise");
    this.ids = [];
    this.stars = new Stars();
    this.stars.addEventListener("rate", ({ detail }) => this.rate(detail));
    this.outOf = element("p", { class: "row-of-buttons" });
    byId("organise-body").append(
      element("h3", { text: "Rating" }),
      element("div", { class: "rating-row" }, this.stars.element, element("button", { type: "button", class: "plain", text: "No rating", on: { click: () => this.rate(0) } })),
      element("h3", { text: "Tags" }),
      this.input("Add a tag", tagNames, (name) => this.tag(name, true)),
      this.input("Take a tag away", tagNames, (name) => this.tag(name, false), "minus"),
      element("h3", { text: "Albums" }),
      this.input("Put into an album", albumNames, (name) => this.collect(name, true)),
      this.input("Take out of an album", albumNames, (name) => this.collect(name, false), "minus"),
      this.outOf,
      element("h3", { text: t("A word of your own") }),
      this.input(t("They show"), async () => [], (word) => this.teach(word, { good: this.ids })),
      this.input(t("They only look like"), async () => [], (word) => this.teach(word, { bad: this.ids }), "minus"),
    );
  }

  /** @param {string[]} ids @param {{album?: string}} [shown] the album that is open, if it is one made by hand */
  async open(ids, { album } = {}) {
    if (!may("curate")) {
      notice(whyNot("curate", "change photos"));
      return;
    }
    this.ids = ids;
    this.stars.show(0);
    byId("organise-title").textContent = `Organise ${countOf(ids.length)}`;
    this.outOf.replaceChildren();
    this.dialog.showModal();
    const isByHand = album && (await albumNames()).some(({ name }) => name.toLowerCase() === album.toLowerCase());
    if (!isByHand || ids !== this.ids) return;
    this.outOf.append(element("button", { type: "button", class: "plain", text: `Take out of “${album}”`, dir: "auto", on: { click: () => this.collect(album, false) } }));
    this.outOf.append(element("button", { type: "button", class: "plain", text: t("Put first in “{album}”", { album }), dir: "auto", on: { click: () => this.putFirst(album) } }));
  }

  input(label, known, take, sign = "plus") {
    const made = new NameInput({ label, known, sign });
    made.addEventListener("name", ({ detail }) => take(detail));
    return made.element;
  }

  async rate(stars) {
    if (!(await rate(this.ids, stars))) return;
    this.stars.show(stars);
    notice(`${countOf(this.ids.length)}: ${starsInWords(stars).toLowerCase()}.`);
  }

  async tag(name, isTagged) {
    const answer = await tag(this.ids, [name], isTagged);
    if (answer) notice(told(answer.changed, isTagged ? `tagged “${name}”` : `no longer tagged “${name}”`, isTagged ? "All had this tag." : "None had this tag."));
  }

  async putFirst(album) {
    if (await putFirst(this.ids, album)) notice(t("{photos} put first in “{album}”.", { photos: countOf(this.ids.length), album }));
  }

  async teach(word, photos) {
    const answer = await teachWord(word, photos);
    if (answer) notice(t("“{word}” is learnt from {photos}; searches know it now.", { word: answer.word.subject, photos: countOf(answer.word.good.length) }));
  }

  async collect(name, isIn) {
    const answer = await collect(this.ids, name, isIn);
    if (answer) notice(told(answer.changed, isIn ? `put into “${name}”` : `taken out of “${name}”`, isIn ? "All were in this album." : "None was in this album."));
  }
}

function told(count, what, otherwise) {
  return count ? `${countOf(count)} ${what}.` : otherwise;
}
