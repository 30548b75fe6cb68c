/** Stars as values of the filter `rating`, and in words. */

import { t } from "../texts.js";

const MOST = 5;
const WRITTEN = /^\s*(>=)?\s*([1-5])\s*$/;

/** What the panel offers: five stars, four or more, and so on. */
export function starChoices() {
  return Array.from({ length: MOST }, (_, place) => {
    const value = place ? `>=${MOST - place}` : String(MOST);
    return { name: ratingInWords(value), path: [value], branches: [] };
  });
}

/** "4 stars or more" for ">=4"; other comparisons stay as they are written. @param {string} value of the filter */
export function ratingInWords(value) {
  const [, isLeast, digits] = WRITTEN.exec(value) ?? [];
  if (!digits) return value;
  const count = Number(digits);
  if (!isLeast || count === MOST) return t("{count} star|{count} stars", { count });
  return t("{count} star or more|{count} stars or more", { count });
}
