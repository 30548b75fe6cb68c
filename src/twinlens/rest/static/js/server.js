/** Requests to the server: JSON, errors, and events for an unreachable server or a missing key. */

import { code, t } from "./texts.js";

/** An error answer, with the server's message. */
export class Failure extends Error {
  /** @param {number} status @param {{code?: string, message?: string, hint?: string}} told */
  constructor(status, told) {
    super(told.message || t("the server answered {status}", { status: String(status) }));
    this.status = status;
    this.code = told.code || "unknown";
    this.hint = told.hint || "";
  }
}

/** A sentence of the server's in the reader's language, where it is known. @param {?string} english @returns {Promise<?string>} */
export async function said(english) {
  if (code === "en" || !english) return english;
  try {
    return await (await import("./said.js")).inReadersWords(english);
  } catch (error) {
    console.error(error); // its texts did not come
    return english;
  }
}

/** Emits `away`, `back` and `locked`. */
export const connection = new EventTarget();
/** Emits `changed` after each change that this page has made to what people give to photos. */
export const given = new EventTarget();
const AWAY = new Set(["away", "starting", "stopping"]);
const BY_PROXY = new Set([502, 504]); // a proxy could not reach the server
const ASK_AGAIN_MS = 1500;
const NO_CHANGES = /^api\/(search|photos|explain|archive|session|index)/; // of the library, or of all who see it
let isAway = false;
let numChanging = 0;
let changedAt = -Infinity;
let numSignIns = 0;

/** Whether this page has changed the library since a time, or is doing so. @param {number} time of performance.now() */
export function hasChanged(time) {
  return numChanging > 0 || changedAt >= time;
}

/**
 * Sends a request.
 * @param {string} path
 * @param {{method?: string, json?: object, form?: FormData, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>}
 */
export async function send(path, { method, json, form, signal } = {}) {
  const body = json === undefined ? form : JSON.stringify(json);
  const headers = { "Accept-Language": code, ...(json === undefined ? {} : { "Content-Type": "application/json" }) };
  const verb = method || (body ? "POST" : "GET");
  const isChange = verb !== "GET" && !NO_CHANGES.test(path);
  const asked = numSignIns;
  let answer;
  try {
    numChanging += isChange;
    answer = (verb === "GET" && (await early(path, signal))) || (await fetch(path, { method: verb, headers, body, signal }));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    noteAway();
    throw new Failure(0, { code: "away", message: t("the server does not answer") });
  } finally {
    numChanging -= isChange;
    if (isChange) changedAt = performance.now();
  }
  if (answer.ok) {
    if (path === "api/session" && verb === "POST") numSignIns += 1;
    return answer;
  }
  const told = BY_PROXY.has(answer.status)
    ? { code: "away", message: t("the server does not answer") }
    : await answer.json().then((found) => found.error || {}, () => ({}));
  if (AWAY.has(told.code)) noteAway();
  // what was asked before somebody signed in may be answered after it
  if (answer.status === 401 && asked === numSignIns) connection.dispatchEvent(new Event("locked"));
  throw new Failure(answer.status, { ...told, message: await said(told.message), hint: await said(told.hint) });
}

/** The answer to what early.js has asked for, which is used once; null where it was not asked, or went wrong. */
async function early(path, signal) {
  if (!globalThis.askedEarly) return null;
  const { answers, done } = globalThis.askedEarly;
  if (!answers.has(path)) await done; // it may be about to ask for it
  const asked = answers.get(path);
  if (!asked) return null;
  answers.delete(path);
  const answer = await asked.catch(() => null);
  signal?.throwIfAborted();
  return answer?.ok ? answer : null;
}

/** Sends a request and returns the JSON answer. @returns {Promise<any>} */
export async function ask(path, options) {
  return (await send(path, options)).json();
}

/** True if the server did not answer or is not ready. */
export function isAwayError(error) {
  return AWAY.has(error.code);
}

/** True for errors that are already shown elsewhere, or can be ignored. */
export function isSilent(error) {
  return error.name === "AbortError" || error.status === 401 || isAwayError(error);
}

/** URL of a photo. @param {string} id */
export function photoAddress(id) {
  return `api/image/${encodeURIComponent(id)}`;
}

/** URL of a thumbnail. @param {string} id @param {number} size pixels of the longer side @param {?number} [at] seconds into a video */
export function thumbnailAddress(id, size, at = null) {
  return `${photoAddress(id)}/thumbnail?size=${size}${at === null ? "" : `&at=${at}`}`;
}

function noteAway() {
  if (isAway) return;
  isAway = true;
  connection.dispatchEvent(new Event("away"));
  setTimeout(lookAgain, ASK_AGAIN_MS);
}

/** Checks whether the server is back. */
export async function lookAgain() {
  if (!isAway) return;
  try {
    if (!(await fetch("health")).ok) throw new Error("not ready");
  } catch {
    setTimeout(lookAgain, ASK_AGAIN_MS);
    return;
  }
  if (!isAway) return;
  isAway = false;
  connection.dispatchEvent(new Event("back"));
}
