/** A panel that gives stars, tags and albums to all selected photos, or takes them away. */

import { byId, element } from "../dom.js";
import { notice } from "../notices.js";
import { may, whyNot } from "../permissions.js";
import { teachWord } from "../teaching/teaching_calls.js";
import { countOf } from "../facts.js";
import { t } from "../texts.js";
import { collect, putFirst, rate, ratedInWords, tag } from "./given.js";
import { albumNames, tagNames } from "./known_names.js";
import { NameInput } from "./name_input.js";
import { Stars } from "./stars.js";
import { sureTagsButton } from "./sure_tags.js";

export class Organise {
  constructor() {
    this.dialog = byId("organise");
    this.ids = [];
    this.stars = new Stars();
    this.stars.addEventListener("rate", ({ detail }) => this.rate(detail));
    this.outOf = element("p", { class: "row-of-buttons" });
    byId("organise-body").append(
      element("h3", { text: t("Rating") }),
      element("div", { class: "rating-row" }, this.stars.element, element("button", { type: "button", class: "plain", text: t("No rating"), on: { click: () => this.rate(0) } })),
      element("h3", { text: t("Tags") }),
      this.input(t("Add a tag"), tagNames, (name) => this.tag(name, true)),
      this.input(t("Take a tag away"), tagNames, (name) => this.tag(name, false), "minus"),
      sureTagsButton(() => this.ids),
      element("h3", { text: t("Albums") }),
      this.input(t("Put into an album"), albumNames, (name) => this.collect(name, true)),
      this.input(t("Take out of an album"), albumNames, (name) => this.collect(name, false), "minus"),
      this.outOf,
      element("h3", { text: t("A word of your own") }),
      this.input(t("They show"), async () => [], (word) => this.teach(word, { good: this.ids })),
      this.input(t("They only look like"), async () => [], (word) => this.teach(word, { bad: this.ids }), "minus"),
    );
  }

  /** @param {string[]} ids @param {{album?: string}} [shown] the album that is open, if it is one made by hand */
  async open(ids, { album } = {}) {
    if (!may("curate")) {
      notice(whyNot("curate", t("change photos")));
      return;
    }
    this.ids = ids;
    this.stars.show(0);
    byId("organise-title").textContent = t("Organise {count} photo|Organise {count} photos", { count: ids.length });
    this.outOf.replaceChildren();
    this.dialog.showModal();
    const isByHand = album && (await albumNames()).some(({ name }) => name.toLowerCase() === album.toLowerCase());
    if (!isByHand || ids !== this.ids) return;
    this.outOf.append(element("button", { type: "button", class: "plain", text: t("Take out of “{album}”", { album }), dir: "auto", on: { click: () => this.collect(album, false) } }));
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
    notice(ratedInWords(this.ids.length, stars));
  }

  async tag(name, isTagged) {
    const answer = await tag(this.ids, [name], isTagged);
    if (!answer) return;
    const { changed: count } = answer;
    if (isTagged) notice(count ? t("{count} photo tagged “{name}”.|{count} photos tagged “{name}”.", { count, name: answer.tags[0] }) : t("All had this tag."));
    else notice(count ? t("{count} photo no longer tagged “{name}”.|{count} photos no longer tagged “{name}”.", { count, name: answer.tags[0] }) : t("None had this tag."));
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
    if (!answer) return;
    const { changed: count } = answer;
    if (isIn) notice(count ? t("{count} photo put into “{name}”.|{count} photos put into “{name}”.", { count, name: answer.name }) : t("All were in this album."));
    else notice(count ? t("{count} photo taken out of “{name}”.|{count} photos taken out of “{name}”.", { count, name: answer.name }) : t("None was in this album."));
  }
}
