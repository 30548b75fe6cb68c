/** Start screen: examples and recent searches. */

import { byId, element } from "./dom.js";
import { examples } from "./suggested.js";
import { forgetRecent, recentSearches } from "./recent.js";
import { t } from "./texts.js";

/**
 * @param {(words: string) => void} search
 * @param {(hash: string) => void} again a recent search
 */
export function showStart(search, again) {
  const chip = (words, listener) => {
    const click = (event) => {
      listener();
      if (event.detail === 0) byId("words").focus(); // keyboard use: the focused button is gone
    };
    return element("li", {}, element("button", { type: "button", class: "suggestion", text: words, dir: "auto", on: { click } }));
  };
  const recent = recentSearches();
  examples().then((found) => {
    byId("examples-row").hidden = found.length === 0;
    byId("examples-row").classList.remove("is-waiting");
    byId("examples").replaceChildren(...found.map((words) => chip(words, () => search(words))));
  });
  byId("recent-row").hidden = recent.length === 0;
  byId("recent").replaceChildren(
    ...recent.map(({ hash, words }) => chip(words, () => again(hash))),
    element("li", {}, element("button", {
      type: "button", class: "suggestion is-quiet", text: t("Clear"),
      on: { click: () => (forgetRecent(), showStart(search, again)) },
    })),
  );
}
