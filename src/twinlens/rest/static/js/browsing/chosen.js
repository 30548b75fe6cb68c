/** Chosen filters that have no input in the filter bar, such as a tag or an album, as chips that can be removed. */

import { byId, element, icon } from "../dom.js";
import { dayOfYear } from "../facts.js";
import { filtersInUse, knownFilters } from "../known_filters.js";
import { areaInWords } from "../places/world_view.js";
import { t, translated } from "../texts.js";
import { ratingInWords } from "./rating_words.js";

const IN_WORDS = { day: dayOfYear, rating: ratingInWords, within: areaInWords }; // values that are not as people write them

/**
 * @param {import("../query.js").Query} query
 * @param {(filters: import("../query.js").Filters) => void} choose other filters
 */
export async function showChosen(query, choose) {
  const list = byId("chosen");
  list.query = query;
  if (Object.values(query.filters).some(Boolean)) await knownFilters().catch(() => []); // the search tells what is wrong
  if (list.query !== query) return;
  const hadFocus = list.contains(document.activeElement);
  const chips = filtersInUse(query.filters).filter((filter) => filter.has_input === false).map(({ name, label: english }) => {
    const label = translated(english);
    const value = (IN_WORDS[name] || String)(query.filters[name]);
    const remove = () => choose({ ...query.filters, [name]: "" });
    return element(
      "li",
      { class: "chip" },
      element("span", {}, element("span", { class: "kind", text: `${label}: ` }), element("bdi", { text: value })),
      element("button", { type: "button", class: "remove", "aria-label": t("Remove {label}: {value}", { label, value }), on: { click: remove } }, icon("close")),
    );
  });
  list.hidden = chips.length === 0;
  list.replaceChildren(...chips);
  if (hadFocus) byId("words").focus(); // the pressed button is gone
}
