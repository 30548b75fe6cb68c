/** Which photos the map of the library shows: all, or those of the search. */

import { filterFields, filtersInUse } from "../known_filters.js";
import { wordsAlone } from "../request.js";

/** Whether a search leaves photos out that the map would show. @param {import("../query.js").Query} query */
export function leavesOut(query) {
  return wordsAlone(query) !== null || filtersInUse(query.filters).length > 0;
}

/**
 * The call for the photos of a search; nobody can tell which photos match a picture, so pictures leave none out.
 * @param {import("../query.js").Query} query
 * @returns {Promise<string>}
 */
export async function mapAddress(query) {
  const [words, filters] = [wordsAlone(query), await filterFields(query.filters)];
  const fields = new URLSearchParams(words === null ? filters : { ...filters, query: words });
  return fields.size ? `api/map?${fields}` : "api/map";
}
