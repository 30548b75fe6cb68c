/** Searches of before, kept in this browser and nowhere else. */

const KEY = "twinlens.recent";
const MOST = 8;

/** @returns {{hash: string, words: string}[]} newest first */
export function recentSearches() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one?.hash === "string" && typeof one.words === "string") : [];
  } catch {
    return []; // a browser that keeps nothing, or something else under our name
  }
}

/** @param {string} hash @param {string} words */
export function remember(hash, words) {
  // what was typed on the way to this query is not worth remembering
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
    // a browser that keeps nothing has no recent searches
  }
}
