/** The filters that the server has, asked for once: no other module of the page lists them. */

import { ask, isSilent } from "./server.js";

/**
 * @typedef {{name: string, kind: "text"|"date"|"folder"|"camera"|"choice"|"flag", label: string, help: string,
 *   example: string, choices: string[]}} Filter
 */

/** In the order in which they are shown; none until the server has told. @type {Filter[]} */
let known = [];
/** @type {?Promise<Filter[]>} */
let asked = null;

/**
 * The filters; none where the server is too old to tell.
 * @returns {Promise<Filter[]>} fails where the server does not answer or wants a key, and asks again the next time
 */
export function knownFilters() {
  asked ||= ask("/api/filters").then(
    ({ filters }) => (known = filters),
    (error) => {
      if (!isSilent(error)) return known;
      asked = null;
      throw error;
    },
  );
  return asked;
}

/** The filters that a query uses, of those that the server has told of. @param {import("./query.js").Filters} filters */
export function filtersInUse(filters) {
  return known.filter(({ name, kind }) => (kind === "flag" ? filters[name] === "true" : filters[name]));
}

/** Names that an address has brought and that are no filters of this server. @param {import("./query.js").Filters} filters */
export function unknownNames(filters) {
  return Object.keys(filters).filter((name) => filters[name] && !known.some((filter) => filter.name === name));
}

/**
 * The filters as fields of a call. Only a query that has any waits until the server has told of them.
 * @param {import("./query.js").Filters} filters
 * @returns {Promise<Object<string, string|true>>}
 */
export async function filterFields(filters) {
  if (!Object.values(filters).some(Boolean)) return {};
  await knownFilters();
  return Object.fromEntries(filtersInUse(filters).map(({ name, kind }) => [name, kind === "flag" ? true : filters[name]]));
}
