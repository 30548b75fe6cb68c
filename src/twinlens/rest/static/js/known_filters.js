/** The server's filters, loaded once; no filter is hard-coded in the page. */

import { ask, isSilent } from "./server.js";

/**
 * @typedef {{name: string, kind: "text"|"date"|"folder"|"camera"|"choice"|"flag", label: string, help: string,
 *   example: string, choices: string[], has_input?: boolean}} Filter
 */

/** In display order; empty until loaded. @type {Filter[]} */
let known = [];
/** @type {?Promise<Filter[]>} */
let asked = null;

/**
 * The filters; empty if the server is too old to list them.
 * @returns {Promise<Filter[]>} fails if the server does not answer or requires a key; tries again at the next call
 */
export function knownFilters() {
  asked ||= ask("api/filters").then(
    ({ filters }) => (known = filters),
    (error) => {
      if (!isSilent(error)) return known;
      asked = null;
      throw error;
    },
  );
  return asked;
}

/** The known filters that a query uses. @param {import("./query.js").Filters} filters */
export function filtersInUse(filters) {
  return known.filter(({ name, kind }) => (kind === "flag" ? filters[name] === "true" : filters[name]));
}

/** Names in the address that are not filters of this server. @param {import("./query.js").Filters} filters */
export function unknownNames(filters) {
  return Object.keys(filters).filter((name) => filters[name] && !known.some((filter) => filter.name === name));
}

/**
 * The filters as fields of a call. Only a query with filters waits until they are loaded.
 * @param {import("./query.js").Filters} filters
 * @returns {Promise<Object<string, string|true>>}
 */
export async function filterFields(filters) {
  if (!Object.values(filters).some(Boolean)) return {};
  await knownFilters();
  return Object.fromEntries(filtersInUse(filters).map(({ name, kind }) => [name, kind === "flag" ? true : filters[name]]));
}
