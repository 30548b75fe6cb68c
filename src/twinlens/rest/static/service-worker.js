/**
 * Shows a page of its own where the server cannot be reached, so that the installed page opens at all times.
 *
 * It keeps a few files of this release, and nothing that a library answers: no photo, no search, no name. So nothing
 * can be shown to somebody else, or after signing out.
 */

const VERSION = "VERSION_OF_THE_FILES"; // written by the server: another release is another worker
const CACHE = `twinlens ${new URL("./", self.location).pathname} ${VERSION}`;
const OFFLINE = "offline.html";
const language = new URL(self.location).searchParams.get("language"); // of the page that asked for this worker
const TEXTS = !language || language === "en" ? [] : [`texts/${language}.json`];
const FILES = [OFFLINE, "css/offline.css", "js/language.js", "js/offline/page.js", "js/texts.js", ...TEXTS].map((name) => `static/${VERSION}/${name}`);
const BY_PROXY = new Set([502, 504]); // a proxy could not reach the server

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (FILES.some((file) => new URL(file, self.location).href === event.request.url)) event.respondWith(file(event.request));
});

/** Deletes what earlier releases kept for this path; other servers of the host keep theirs. */
async function forgetOthers() {
  const own = CACHE.slice(0, -VERSION.length);
  const names = (await caches.keys()).filter((name) => name.startsWith(own) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function page(request) {
  try {
    const answer = await fetch(request);
    if (!BY_PROXY.has(answer.status)) return answer;
  } catch {
    // the server cannot be reached
  }
  return offline();
}

/** The page as it is kept, below the address of the one that was asked for: its own addresses name the top. */
async function offline() {
  const kept = await keptFile(FILES[0]);
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": kept.headers.get("Content-Security-Policy"), "Cache-Control": "no-store" };
  return new Response((await kept.text()).replaceAll("TOP/", new URL(`static/${VERSION}/`, self.location).pathname), { status: 503, headers });
}

async function file(request) {
  return (await keptFile(request.url)) || fetch(request);
}

/** Pages ask for scripts with an origin, of which an answer may depend; these files are the same for all. */
async function keptFile(address) {
  return (await caches.open(CACHE)).match(address, { ignoreVary: true });
}
