// The page's texts in the reader's language. A text is looked up by its English words, which also stand for what is not translated.

// t("Select {name}", { name: photo.name })
export function t(english, values = {}) {
  return english.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
