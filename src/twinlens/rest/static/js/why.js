/** Why a photo was found: it is darkened where the words do not match, and the parts of the query are weighed. */

import { element } from "./dom.js";
import { gradeOfMatch } from "./grades.js";
import { reasonsList, reasonsOf } from "./reasons.js";
import { ask, isSilent, said } from "./server.js";
import { locale, t } from "./texts.js";

const DARKEST = 0.78; // what does not match can still be recognized
const SCORE = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const LONGEST_PX = 2048; // of the veil; with the photo's own size it has exactly its shape
const PLACES = [
  [t("at the top left"), t("at the top"), t("at the top right")],
  [t("at the left"), t("at the centre"), t("at the right")],
  [t("at the bottom left"), t("at the bottom"), t("at the bottom right")],
];

/** A veil over the photo of the stage, and a line that tells the same in words. */
export class WhyMap {
  /** @param {HTMLElement} stage @param {HTMLImageElement} picture @param {HTMLElement} button pressed while it is shown */
  constructor(stage, picture, button) {
    this.picture = picture;
    this.button = button;
    this.veil = element("canvas", { class: "veil-of-why", "aria-hidden": "true", hidden: true });
    this.line = element("p", { class: "why-line", role: "status", dir: "auto" });
    this.parts = element("div", {});
    this.abort = new AbortController();
    picture.after(this.veil);
    stage.append(element("div", { class: "why-box" }, this.parts, this.line));
  }

  get isShown() {
    return this.button.getAttribute("aria-pressed") === "true";
  }

  /**
   * Shows it, or hides it.
   * @param {string} id
   * @param {?string} words that were searched for; null for pictures, which have no map
   * @param {?{query: object, rank: number}} found where the photo stands among the results
   */
  async toggle(id, words, found) {
    if (this.isShown) return this.hide();
    const abort = (this.abort = new AbortController());
    this.button.setAttribute("aria-pressed", "true");
    this.line.textContent = t("Looking where it matches …");
    try {
      const [told, reasons] = await Promise.all([
        words && ask("api/explain", { json: { query: words, image_id: id }, signal: abort.signal }),
        found && reasonsOf(found, id, abort.signal),
      ]);
      const list = reasonsList(reasons);
      await this.picture.decode().catch(() => this.hide()); // a photo that cannot be shown says so itself
      if (abort.signal.aborted) return undefined;
      if (told) this.draw(told);
      this.parts.replaceChildren(...(list ? [list] : []));
      this.line.textContent = told ? inWords({ ...told, understood: await said(told.understood) }) : list ? "" : t("There is no more to tell: the photo is not among the results any more");
    } catch (error) {
      if (!abort.signal.aborted) this.hide(isSilent(error) ? "" : error.message);
    }
    return undefined;
  }

  /** @param {string} [reason] shown instead */
  hide(reason = "") {
    this.abort.abort();
    this.veil.hidden = true;
    this.parts.replaceChildren();
    this.button.setAttribute("aria-pressed", "false");
    this.line.textContent = reason;
  }

  /** Black that is clear where the photo matches; the veil has the photo's shape, so the same CSS lays it over the photo. */
  draw({ map, seen_box: [left, top, right, bottom] }) {
    const { naturalWidth, naturalHeight } = this.picture;
    const scale = Math.min(1, LONGEST_PX / Math.max(naturalWidth, naturalHeight));
    const [width, height] = [Math.max(1, naturalWidth * scale), Math.max(1, naturalHeight * scale)].map(Math.round);
    Object.assign(this.veil, { width, height, hidden: false });
    const brush = this.veil.getContext("2d");
    brush.fillStyle = `rgb(0 0 0 / ${DARKEST})`;
    brush.fillRect(0, 0, width, height);
    const [x, y, w, h] = [left * width, top * height, (right - left) * width, (bottom - top) * height];
    brush.clearRect(x, y, w, h);
    brush.imageSmoothingQuality = "high";
    brush.drawImage(cellsOf(map), x, y, w, h);
  }
}

/** One pixel a cell. @param {number[][]} map rows of values in [0, 1] */
function cellsOf(map) {
  const cells = element("canvas", { width: map[0].length, height: map.length });
  const brush = cells.getContext("2d");
  const pixels = brush.createImageData(map[0].length, map.length);
  map.flat().forEach((value, place) => (pixels.data[4 * place + 3] = Math.round(255 * DARKEST * (1 - value))));
  brush.putImageData(pixels, 0, 0);
  return cells;
}

function inWords({ understood, grade, score, peak: [left, top], map }) {
  const match = grade ? gradeOfMatch(grade) : t("no sure match");
  const fit = t("{match}, cosine {score}", { match, score: SCORE.format(score) });
  if (!map.flat().some(Boolean)) return t("No part matches {query} better than the others ({fit})", { query: understood, fit });
  return t("Brighter where it matches {query}, most {place} ({fit})", { query: understood, place: PLACES[third(top)][third(left)], fit });
}

function third(share) {
  return Math.min(2, Math.floor(3 * share));
}
