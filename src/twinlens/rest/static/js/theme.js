/* Light or dark theme: the system's, unless the user chose one. A plain script, to run before the first paint. */
(() => {
  const KEY = "twinlens.theme";
  const CHOICES = ["system", "light", "dark"];
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      const kept = localStorage.getItem(KEY);
      return CHOICES.includes(kept) ? kept : "system";
    } catch {
      return "system";
    }
  }

  function apply() {
    const choice = chosen();
    const isDark = choice === "dark" || (choice === "system" && system.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }

  /** Switches to the next theme and returns its name. */
  globalThis.nextTheme = () => {
    const next = CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length];
    try {
      localStorage.setItem(KEY, next);
    } catch {
      document.documentElement.dataset.theme = next === "dark" ? "dark" : "light";
      return next;
    }
    apply();
    return next;
  };
  system.addEventListener("change", apply);
  apply();
})();
