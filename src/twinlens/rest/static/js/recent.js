/** Recent searches, stored only in this browser. */

const KEY = "twinlens.recent";
const MOST = 8;

/** @returns {{hash: string, words: string}[]} newest first */
export function recentSearches() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one?.hash === "string" && typeof one.words === "string") : [];
  } catch {
    return []; // no storage, or invalid content
  }
}

/** @param {string} hash @param {string} words */
export function remember(hash, words) {
  // drop the partial queries typed on the way to this one
  const others = recentSearches().filter((one) => one.hash !== hash && !words.startsWith(one.words));
  keep([{ hash, words }, ...others].slice(0, MOST));
}

export function forgetRecent() {
  keep([]);
}

function keep(searches) {
  try {
    localStorage.setItem(KEY, JSON.stringify(searches));
  } catch {
    // without storage there are no recent searches
  }
}
