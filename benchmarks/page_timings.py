"""How fast is the page: first paint, keystroke to results, frames while scrolling, at 10,000 photos."""

import argparse
import math
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from result_page import publish, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.drawn_library import draw_library, multiply  # noqa: E402 — the library that the tests scroll through
from browser.served_page import ServedPage  # noqa: E402
from twinlens.api.models import load_model  # noqa: E402

QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WORDS = "a red circle on a white ground beside a tree"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
FIRST_PHOTO = "performance.now()"
# from the key to the frame that shows other results
WATCH = """() => {
  window.took = [];
  document.getElementById("words").addEventListener("input", () => { window.pressed = performance.now(); });
  new MutationObserver(() => {
    if (!window.pressed) return;
    const pressed = window.pressed;
    window.pressed = 0;
    requestAnimationFrame(() => window.took.push(performance.now() - pressed));
  }).observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
}"""
SCROLL = """() => new Promise((resolve) => {
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    window.scrollBy(0, 60);
    if (frames.length < 300) requestAnimationFrame(step);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""


def main() -> int:
    """Measures, and prints or writes the page; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="openings of the page")
    parser.add_argument("--write", action="store_true", help="keep the figures in benchmarks/results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = draw_library(Path(place) / "photos")
        multiply(root, options.photos)
        served = ServedPage(root)
        try:
            figures = _measure(served.url, options.runs)
        finally:
            served.stop()
    rows = [[name, f"{statistics.median(values):.0f}", f"{_p95(values):.0f}"] for name, values in figures.items()]
    load = f"; {os.getloadavg()[0]:.1f} processes wanted a core meanwhile" if hasattr(os, "getloadavg") else ""
    body = f"{options.photos:,} photos, Chromium without a window on the server's machine{load}.\n\n"
    body += table(["milliseconds", "median", "p95"], rows)
    model = load_model("default")
    publish(__file__, "How fast is the page?", body, model=f"{model.name} {model.fingerprint}", write=options.write)
    return 0


def _measure(url: str, runs: int) -> dict[str, list[float]]:
    from playwright.sync_api import sync_playwright

    system = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    figures: dict[str, list[float]] = {"first paint": [], "first photo": [], "keystroke to results": [], "frame": []}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=system, args=[*QUIET, *sandbox])
        for _ in range(runs):
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.goto(url)
            page.wait_for_selector(".tile img.is-loaded")
            figures["first photo"].append(page.evaluate(FIRST_PHOTO))
            figures["first paint"].append(page.evaluate(FIRST_PAINT))
            figures["keystroke to results"] += _typed(page)
            figures["frame"] += page.evaluate(SCROLL)
            page.context.close()
        browser.close()
    return figures


def _typed(page: Any) -> list[float]:
    """Times of single keystrokes, each after the results of the one before."""
    page.evaluate(WATCH)
    for letter in WORDS:
        page.locator("#words").press(letter if letter != " " else "Space")
        page.wait_for_timeout(250)
    took: list[float] = page.evaluate("window.took")
    return took


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    sys.exit(main())
