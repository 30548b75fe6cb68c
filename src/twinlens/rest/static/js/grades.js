/** How sure a match is, in words. The server gives the grade by its name. */

import { t } from "./texts.js";

const GRADES = { strong: t("strong"), likely: t("likely"), possible: t("possible") };
const MATCHES = { strong: t("strong match"), likely: t("likely match"), possible: t("possible match") };
const COUNTED = {
  strong: (count) => t("{count} strong", { count }),
  likely: (count) => t("{count} likely", { count }),
  possible: (count) => t("{count} possible", { count }),
};

/** "likely". @param {string} grade */
export function gradeName(grade) {
  return GRADES[grade] ?? grade;
}

/** "likely match". @param {string} grade */
export function gradeOfMatch(grade) {
  return MATCHES[grade] ?? grade;
}

/** "12 likely". @param {string} grade @param {number} count of matches */
export function countOfGrade(grade, count) {
  return COUNTED[grade](count);
}
