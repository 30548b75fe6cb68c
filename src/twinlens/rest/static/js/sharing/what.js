/** What the page shows, as a share of it. */

import { filterFields } from "../known_filters.js";
import { albumOf } from "../query.js";
import { wordsAlone } from "../request.js";
import { t } from "../texts.js";

/**
 * The search that is shown as fields of a call, and what it is in words; null where only its photos can be shared, as with a picture.
 * @param {import("../query.js").Query} query
 * @returns {Promise<?{fields: object, words: string}>}
 */
export async function searchToShare(query) {
  const name = albumOf(query);
  if (name) return { fields: { album: name }, words: t("The album “{name}”, also what is put into it later.", { name }) };
  if (query.terms.some(({ kind }) => kind !== "words")) return null;
  const text = wordsAlone(query);
  const fields = { ...(await filterFields(query.filters)), ...(text ? { query: text } : {}) };
  if (!Object.keys(fields).length) return null;
  if (query.sort !== "relevance") fields.sort = query.sort;
  const words = text ? t("What “{text}” finds, also later.", { text }) : t("All photos that pass these filters, also later ones.");
  return { fields, words };
}
