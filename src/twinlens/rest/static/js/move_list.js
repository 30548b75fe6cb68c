/** The list of files that may go, for the user's own tools: copied or saved, never carried out. */

import { groupsOf } from "./found_groups.js";
import { saveFile } from "./marks.js";
import { notice } from "./notices.js";
import { isSilent } from "./server.js";
import { t } from "./texts.js";

const COPIES = new Set(["exact", "near"]); // their pictures are the same; the others are only similar
const PAGE = 200;

/** Emits `change`. */
export class MoveList extends EventTarget {
  constructor() {
    super();
    /** What somebody chose, by id. @type {Map<string, boolean>} */
    this.chosen = new Map();
    /** Files of each kind, and those of which somebody chose otherwise. @type {Object<string, number>} */
    this.kinds = {};
    this.changed = new Map();
  }

  /** What was found, by kind, without what lies in archives: nobody can move that alone. */
  note({ kinds, in_archives: packed = {} }) {
    this.kinds = Object.fromEntries(Object.entries(kinds).map(([kind, count]) => [kind, count - (packed[kind] ?? 0)]));
  }

  /** Whether a file is on the list: copies are, and files of a kind that is shown alone. @param {object} file @param {?string} kind */
  has(file, kind) {
    return this.chosen.get(file.image_id) ?? isUsual(file, kind);
  }

  choose(file, isOn, kind) {
    const { image_id: id } = file;
    if (isOn === isUsual(file, kind)) this.chosen.delete(id);
    else this.chosen.set(id, isOn);
    this.changed.set(id, file);
    this.dispatchEvent(new Event("change"));
  }

  /** Number of files on the list. @param {?string} kind */
  count(kind) {
    const usual = Object.entries(this.kinds).filter(([one]) => isUsual({ kind: one }, kind) && (!kind || one === kind));
    const others = [...this.chosen].filter(([id, isOn]) => isOfKind(this.changed.get(id), kind) && isOn !== isUsual(this.changed.get(id), kind));
    return usual.reduce((sum, [, count]) => sum + count, 0) + others.reduce((sum, [, isOn]) => sum + (isOn ? 1 : -1), 0);
  }

  async copy(kind) {
    const paths = await this.paths(kind);
    if (!paths) return;
    try {
      await navigator.clipboard.writeText(paths.map((path) => `${path}\n`).join(""));
      notice(t("Copied: {count} path|Copied: {count} paths", { count: paths.length }));
    } catch {
      notice(t("This browser allows copying only on https and localhost. Save the list.")); // as the clipboard's API says
    }
  }

  async save(kind) {
    const paths = await this.paths(kind);
    if (paths) saveFile(new Blob(paths.map((path) => `${path}\n`), { type: "text/plain" }), "duplicates.txt");
  }

  /** Paths below the photo folder, of all groups, loaded or not; null if they cannot be had. @returns {Promise<?string[]>} */
  async paths(kind) {
    try {
      const found = [];
      for (let offset = 0, total = 1; offset < total; offset += PAGE) {
        const page = await groupsOf(kind, { offset, limit: PAGE });
        total = page.num_groups;
        found.push(...page.groups.flatMap(({ best, others }) => [best, ...others]).filter((file) => this.has(file, kind)));
      }
      const paths = found.map(({ image_id: id }) => id);
      const whole = paths.filter((path) => !path.includes("\n"));
      const left = paths.length - whole.length;
      if (left) notice(t("{count} path with a line break left out: {command} lists all.|{count} paths with a line break left out: {command} lists all.", { count: left, command: "twinlens duplicates --move-list FILE -0" }));
      return whole;
    } catch (error) {
      if (!isSilent(error)) notice(error.message);
      return null;
    }
  }
}

function isUsual({ kind: own, in_archive: isPacked }, kind) {
  return !isPacked && own !== undefined && (kind ? own === kind : COPIES.has(own));
}

/** The best file of a group has the kinds of the others. */
function isOfKind({ kind: own, kinds = [own] }, kind) {
  return !kind || kinds.includes(kind);
}
