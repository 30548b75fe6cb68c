/** What the server says to people: its message, with what they can do on the page. */

import { t } from "./texts.js";

/** The server's hints for these are about calls; here it is done in another way, or said by the message. */
const HERE = {
  invalid_query: t("what a query may contain is told by Help"),
  already_indexing: t("the library panel shows the progress"),
  already_reading: t("the library panel shows the progress"),
};
const FOR_PROGRAMS = /\b(GET|POST|DELETE) \/|\/docs|\bimage_ids?\b|--[a-z]|twinlens [a-z]/;

/** @param {import("./server.js").Failure} failure */
export function toldOf({ code, message, hint }) {
  const advice = HERE[code] ?? (FOR_PROGRAMS.test(hint) ? "" : hint);
  return advice ? t("{message} ({advice})", { message, advice }) : message;
}
