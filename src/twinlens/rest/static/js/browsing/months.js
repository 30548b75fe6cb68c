/** Months of a library in the order of its photos, and where years are written beside them. */

const LABEL_PX = 24; // years that are closer together leave one out

/**
 * @typedef {{month: ?string, images: number, first: number}} Span first: how many photos come before it; month: null for those without a date
 * @param {{months: {month: string, images: number}[], num_undated: number}} counted newest first
 * @param {boolean} isOldestFirst
 * @returns {Span[]}
 */
export function spansOf({ months, num_undated: undated }, isOldestFirst) {
  const dated = isOldestFirst ? [...months].reverse() : months;
  const all = undated ? [...dated, { month: null, images: undated }] : dated; // they come last, either way
  let first = 0;
  return all.map(({ month, images }) => {
    const span = { month, images, first };
    first += images;
    return span;
  });
}

/** @param {Span[]} spans @param {number} total photos @param {number} height in pixels @returns {{year: string, top: number}[]} */
export function labelled(spans, total, height) {
  const labels = [];
  let last = null;
  for (const { month, first } of spans) {
    const year = month?.slice(0, 4);
    const top = (first / total) * height;
    if (!year || year === last || top > height - LABEL_PX) continue;
    if (labels.length && top - labels.at(-1).top < LABEL_PX) continue;
    labels.push({ year, top });
    last = year;
  }
  return labels;
}
