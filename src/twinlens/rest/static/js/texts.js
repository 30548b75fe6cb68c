/** The page's texts in the reader's language. A text is looked up by its English words, which also stand for what is not translated. */

const { LANGUAGES, code, locale, isFromRight, chosen, choose, words } = globalThis.pageLanguage;
/** English text → that of the reader; an object where the plural has forms of its own, by their names in Intl.PluralRules. */
const TEXTS = new Map(Object.entries(await words));
const PLURAL = new Intl.PluralRules(locale);
const ENGLISH_PLURAL = new Intl.PluralRules("en");
const NUMBER = new Intl.NumberFormat(locale);
const ANY_OF = new Intl.ListFormat(locale, { type: "disjunction", style: "long" });

export { code, isFromRight, locale };
/** The arrow keys that go on, and back, in the order of reading. */
export const [FORWARD, BACK] = isFromRight ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];

/**
 * A text for people, with values in it: t("Remove {name}", { name }), and with a plural, chosen by `count`:
 * t("{count} photo|{count} photos", { count }). Numbers are written as the reader does.
 * @param {string} english as it is in the files of texts
 * @param {Object<string, string|number>} [values]
 */
export function t(english, values = {}) {
  const text = formOf(english, values.count);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole));
}

function formOf(english, count) {
  const text = TEXTS.get(english);
  if (typeof text === "string") return text;
  if (text) return text[PLURAL.select(count)] ?? text.other;
  if (count === undefined) return english;
  const [one, other = one] = english.split("|");
  return ENGLISH_PLURAL.select(count) === "one" ? one : other;
}

function written(value) {
  if (typeof value === "number") return NUMBER.format(value);
  return isFromRight ? `\u2068${value}\u2069` : String(value); // a name from the left does not turn the words around it
}

/** A text of the server's that is always the same, such as the name of a filter. @param {string} english */
export function translated(english) {
  return t(english);
}

/** "dogs, cats, or cows". @param {string[]} parts */
export function anyOf(parts) {
  return ANY_OF.format(parts);
}

// --- the texts of the HTML file ----------------------------------------------------------------

const SPOKEN = ["aria-label", "title", "placeholder"];
const INLINE = "a, b, em, kbd, strong"; // part of a sentence, which is translated with them

/** Translates what an element and those in it say; where a sentence has marked words in it, its key has their tags. */
function translate(element) {
  if (element.matches("[translate=no], kbd, noscript, script, svg")) return;
  for (const name of SPOKEN) if (element.hasAttribute(name)) element.setAttribute(name, t(element.getAttribute(name)));
  const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (texts.length && element.children.length && [...element.children].every((child) => child.matches(INLINE))) {
    element.innerHTML = t(element.innerHTML.trim()); // from a file of the page
    return;
  }
  for (const text of texts) text.data = text.data.replace(text.data.trim(), () => t(text.data.trim()));
  for (const child of element.children) translate(child);
}

if (code !== "en") translate(document.documentElement);
document.documentElement.classList.remove("is-in-other-words");

/** The list of languages, which the main page has in Help. */
function offerLanguages(select) {
  if (!select) return;
  const own = { "": t("As in the browser"), ...LANGUAGES };
  for (const [value, name] of Object.entries(own)) select.add(new Option(name, value, false, value === chosen));
  select.addEventListener("change", () => choose(select.value));
}

offerLanguages(document.getElementById("language"));
