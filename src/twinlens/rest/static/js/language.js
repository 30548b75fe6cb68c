/* The language of the page: the one chosen in Help, else the first of the browser's that there is a file of texts for. A plain script, to run before the first paint. */
(() => {
  const KEY = "twinlens.language";
  const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", zh: "中文" }; // each has texts/<code>.json but English
  const FROM_RIGHT = ["ar", "fa", "he", "ur"];
  const { src, dataset } = document.currentScript; // the server writes the script into a page, and keeps its address as data
  const files = new URL("../texts/", new URL(src || dataset.from, document.baseURI));
  const wanted = [chosen(), ...navigator.languages].filter((tag) => Object.hasOwn(LANGUAGES, codeOf(tag)));
  const code = codeOf(wanted[0] ?? "en");
  const isFromRight = FROM_RIGHT.includes(code);

  function chosen() {
    try {
      return localStorage.getItem(KEY) ?? "";
    } catch {
      return ""; // no storage: the browser's languages
    }
  }

  function codeOf(tag) {
    return tag.split("-")[0].toLowerCase();
  }

  /** Keeps a choice, and shows the page again in that language. @param {string} choice a code, "" for the browser's languages */
  function choose(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // without storage the browser's languages stay
    }
    location.reload();
  }

  /** The texts by their English words; none if they do not come, and the page is English. */
  async function load() {
    try {
      const answer = await fetch(new URL(`${code}.json`, files));
      if (answer.ok) return await answer.json();
      console.error(`${answer.status}: texts/${code}.json`);
    } catch (error) {
      console.error(error);
    }
    document.documentElement.lang = "en";
    return {};
  }

  /** What texts.js goes on with; locale: with the region, as dates and numbers differ by it. */
  globalThis.pageLanguage = {
    LANGUAGES, code, isFromRight, choose, chosen: chosen(),
    locale: navigator.languages.find((tag) => codeOf(tag) === code) ?? code,
    words: code === "en" ? Promise.resolve({}) : load(),
  };
  document.documentElement.lang = code;
  document.documentElement.dir = isFromRight ? "rtl" : "ltr";
  document.documentElement.classList.toggle("is-in-other-words", code !== "en"); // until texts.js has translated the page
})();
