/* Asks for what the page shows first, while its modules are still on their way. A plain script, in the page itself. */
(() => {
  const FIRST = 60; // photos, as search.js asks for
  const headers = { "Accept-Language": globalThis.pageLanguage.code };
  /** Answers on their way, by their paths; server.js takes each once. @type {Map<string, Promise<Response>>} */
  const answers = new Map();

  function ask(path) {
    const answer = fetch(path, { headers });
    answer.catch(() => {}); // then the page asks again, and tells of it
    answers.set(path, answer);
    return answer;
  }

  /** The photos of an address without a query, if they may be seen; changes after "stats" are noticed, so it comes first. */
  async function begin() {
    const session = await ask("api/session");
    const { key_needed: isLocked, is_valid: isOpen, max_top_k: most } = await session.clone().json();
    if (location.hash.length > 1 || (isLocked && !isOpen)) return;
    ask("api/stats");
    ask(`api/photos?top_k=${Math.min(FIRST, most)}&offset=0`);
  }

  /** done: fulfilled once all is asked for. */
  globalThis.askedEarly = { answers, done: begin().catch(() => {}) };
})();
