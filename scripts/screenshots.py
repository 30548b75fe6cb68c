"""Pictures of the page for the documents: main views in light and dark, on a desktop and on a phone."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ALBUMS = {"Animals": "an animal", "Seaside": "a beach by the sea", "Sights": "a famous building"}
ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True}
MOST_LOOKS = 30
PATIENCE_MS = 180_000  # other programs may use the cores
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main() -> int:
    """Opens the page of a running server and takes its pictures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of a server: twinlens serve --in .demo/COLLECTION, after make demo")
    parser.add_argument("--query", default="a famous building", help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=IMAGES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        _give(browser, options.url)
        for scheme in ("light", "dark"):
            _desktop(browser, options, scheme)
            _library(browser, options, scheme)
            _phone(browser, options, scheme)
        _shared(browser, options, "light")
    return 0


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser: the one of the system, or Playwright's."""
    from playwright.sync_api import sync_playwright

    system = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=system, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


def _desktop(browser: Any, options: argparse.Namespace, scheme: str) -> None:
    page = _open(browser, options.url, color_scheme=scheme, **DESKTOP)
    _take(page, options.out, f"page-start-{scheme}")
    page.fill("#words", options.query)
    page.wait_for_selector(".badge")
    _settle(page)
    _take(page, options.out, f"page-results-{scheme}")
    page.locator(".tile .open").first.click()
    page.wait_for_selector("#viewer-facts .strip")
    _settle(page)
    _take(page, options.out, f"page-photo-{scheme}")
    page.keyboard.press("Escape")
    page.click("#library-button")
    page.wait_for_selector("#model-facts dl")
    _take(page, options.out, f"page-library-{scheme}")
    page.keyboard.press("Escape")
    page.click("#home")  # a map of all photos, not of those of the query
    page.click("#map-button")
    page.wait_for_selector("#map-status:has-text('photos')")
    _settle(page)
    _stand_still(page)
    _take(page, options.out, f"page-map-{scheme}")


def _give(browser: Any, url: str) -> None:
    """Tags and albums to show; the library of the demo is made anew by ``make demo``."""
    request = browser.new_context(base_url=url).request
    for name, query in ALBUMS.items():
        found = request.post("/api/search/text", data={"query": query, "top_k": 12}).json()["results"]
        ids = [one["image_id"] for one in found]
        request.post("/api/albums", data={"name": name, "image_ids": ids})
        request.post("/api/tags", data={"tags": [name.lower()], "image_ids": ids})
        request.post("/api/ratings", data={"stars": 5, "image_ids": ids[:4]})
    request.post("/api/albums/saved", data={"name": "Dogs", "query": "a dog"})


def _library(browser: Any, options: argparse.Namespace, scheme: str) -> None:
    page = _open(browser, options.url, color_scheme=scheme, **DESKTOP)
    page.click("#browse-button")
    page.wait_for_selector(".facet")
    page.mouse.move(900, 880)
    _settle(page)
    _take(page, options.out, f"page-browse-{scheme}")
    page.click("#browse-albums")
    page.wait_for_selector(".cover img")
    _settle(page)
    _take(page, options.out, f"page-albums-{scheme}")


def _shared(browser: Any, options: argparse.Namespace, scheme: str) -> None:
    request = browser.new_context(base_url=options.url).request
    made = request.post("/api/shares", data={"album": "Animals", "heading": "Animals of this year", "expires_days": 30})
    page = browser.new_context(locale="en-GB", reduced_motion="reduce", color_scheme=scheme, **DESKTOP).new_page()
    page.goto(f"{options.url}/{made.json()['address']}")
    page.wait_for_selector("#wall img")
    _settle(page)
    _take(page, options.out, f"page-shared-{scheme}")


def _phone(browser: Any, options: argparse.Namespace, scheme: str) -> None:
    page = _open(browser, f"{options.url}/#q={options.query}", color_scheme=scheme, **PHONE)
    _take(page, options.out, f"page-phone-{scheme}")


def _open(browser: Any, url: str, **options: Any) -> Any:
    page = browser.new_context(locale="en-GB", reduced_motion="reduce", **options).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_selector(".tile img.is-loaded")
    _settle(page)
    return page


def _settle(page: Any) -> None:
    """Waits until every picture in view is there."""
    page.wait_for_timeout(500)
    while not page.evaluate("[...document.images].every((one) => !one.src || one.complete)"):
        page.wait_for_timeout(100)
    page.wait_for_timeout(300)


def _stand_still(page: Any) -> None:
    """Waits until the view changes no more: pictures of the map are drawn, not elements."""
    before, now = b"", page.screenshot()
    for _ in range(MOST_LOOKS):
        if before == now:
            return
        page.wait_for_timeout(2000)
        before, now = now, page.screenshot()


def _take(page: Any, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=82)
    print(folder / f"{name}.jpg", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
