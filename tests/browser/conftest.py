"""Fixtures of the page's tests: a drawn library, a server, a real browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.drawn_library import draw_library
from browser.served_page import ALL_PARTS, PATIENCE_S, ServedPage, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE_MS = 1000 * PATIENCE_S


def find_browser(own: str) -> str | None:
    """A Chromium of the system, or the one that Playwright has downloaded."""
    return next((found for name in NAMES if (found := shutil.which(name))), own if Path(own).exists() else None)


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """Chromium without a window; tests are skipped, and say so, where there is none.

    It ends with this package: its driver is an event loop, and no test of another could start its own beside it.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    playwright.expect.set_options(timeout=PATIENCE_MS)
    with playwright.sync_playwright() as driver:
        path = find_browser(driver.chromium.executable_path)
        if path is None:
            pytest.skip("no browser: apt-get install chromium, or playwright install chromium")
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        launched = driver.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that most tests look at; those that change files copy it."""
    return draw_library(tmp_path_factory.mktemp("page") / "photos")


@pytest.fixture(scope="session")
def site(drawn: Path) -> Iterator[str]:
    """Address of a server of the drawn library."""
    served = ServedPage(drawn)
    yield served.url
    served.stop()


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[OpenPage]:
    """Opens addresses, each in a window of its own; a script's fault fails the test."""
    contexts, faults = [], []

    def open_one(address: str, *, wait: bool = True, **options: Any) -> "Page":
        # calls that pass a worker are not handed to tests that answer them
        usual = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "service_workers": "block"}
        context = browser.new_context(**{**usual, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(address)
        if wait:
            page.wait_for_selector(".tile img.is-loaded")
            until(page, ALL_PARTS)
        return page

    yield open_one
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # a call that is being answered would fail the next test
        context.close()
    assert faults == []


@pytest.fixture
def page(open_page: OpenPage, site: str) -> "Page":
    """The page over the drawn library."""
    return open_page(site)
