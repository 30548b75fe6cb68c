/** Calls to the server: JSON in and out, its errors in its words, and what happens when it is away or wants a key. */

/** An answer that is an error, in the server's words. */
export class Failure extends Error {
  /** @param {number} status @param {{code?: string, message?: string, hint?: string}} told */
  constructor(status, told) {
    super(told.message || `the server answered ${status}`);
    this.status = status;
    this.code = told.code || "unknown";
    this.hint = told.hint || "";
  }
}

/** Tells of `away`, `back` and `locked`. */
export const connection = new EventTarget();
const AWAY = new Set(["away", "starting", "stopping"]);
const ASK_AGAIN_MS = 1500;
let isAway = false;

/**
 * One call.
 * @param {string} path
 * @param {{method?: string, json?: object, form?: FormData, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>}
 */
export async function send(path, { method, json, form, signal } = {}) {
  const body = json === undefined ? form : JSON.stringify(json);
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, { method: method || (body ? "POST" : "GET"), headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    noteAway();
    throw new Failure(0, { code: "away", message: "the server does not answer" });
  }
  if (answer.ok) return answer;
  const told = await answer.json().then((found) => found.error || {}, () => ({}));
  if (AWAY.has(told.code)) noteAway();
  if (answer.status === 401) connection.dispatchEvent(new Event("locked"));
  throw new Failure(answer.status, told);
}

/** One call whose answer is JSON. @returns {Promise<any>} */
export async function ask(path, options) {
  return (await send(path, options)).json();
}

/** True where the server did not answer, or not yet. */
export function isAwayError(error) {
  return AWAY.has(error.code);
}

/** True for errors that somebody is told of already, or that mean nothing. */
export function isSilent(error) {
  return error.name === "AbortError" || error.status === 401 || isAwayError(error);
}

/** Address of a photo. @param {string} id */
export function photoAddress(id) {
  return `/api/image/${encodeURIComponent(id)}`;
}

/** Address of a thumbnail. @param {string} id @param {number} size pixels of the longer side */
export function thumbnailAddress(id, size) {
  return `${photoAddress(id)}/thumbnail?size=${size}`;
}

function noteAway() {
  if (isAway) return;
  isAway = true;
  connection.dispatchEvent(new Event("away"));
  setTimeout(lookAgain, ASK_AGAIN_MS);
}

/** Asks whether the server is there again. */
export async function lookAgain() {
  if (!isAway) return;
  try {
    if (!(await fetch("/health")).ok) throw new Error("not ready");
  } catch {
    setTimeout(lookAgain, ASK_AGAIN_MS);
    return;
  }
  if (!isAway) return;
  isAway = false;
  connection.dispatchEvent(new Event("back"));
}
