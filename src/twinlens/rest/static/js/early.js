/* Asks for what the page shows first, while its modules are still on their way. A plain script, in the page itself. */
(() => {
  // as search.js asks for it where the address has no query; changes after "stats" are noticed, so it is asked first
  const PHOTOS = ["api/stats", "api/photos?top_k=60&offset=0"];
  const headers = { "Accept-Language": globalThis.pageLanguage.code };
  const ask = (path) => {
    const answer = fetch(path, { headers });
    answer.catch(() => {}); // then the page asks again
    return [path, answer];
  };
  /** Answers on their way, by their paths; server.js takes each once. @type {Map<string, Promise<Response>>} */
  globalThis.askedEarly = new Map(["api/session", ...(location.hash.length > 1 ? [] : PHOTOS)].map(ask));
})();
