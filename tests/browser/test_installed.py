"""The page as an app: it says that the server is away, comes back by itself, and keeps nothing of a library."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.served_page import ServedPage, until
from browser.test_accessibility import faults

pytestmark = pytest.mark.browser
KEY = "a-key-of-an-app"
KEPT = """caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))
  .then((requests) => requests.flat().map(({ url }) => new URL(url).pathname))"""


@pytest.fixture
def served(drawn: Path) -> Iterator[ServedPage]:
    """A server below a path, that wants a key."""
    made = ServedPage(drawn, "--api-key", KEY, "--root-path", "/family")
    yield made
    made.stop()


def test_the_app_says_that_the_server_is_away_and_comes_back(open_page: Any, served: ServedPage) -> None:
    page = open_page(f"{served.url}/family/", wait=False, service_workers="allow")
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    until(page, "navigator.serviceWorker.ready.then(({ active }) => active.state === 'activated')")
    kept = page.evaluate(KEPT)
    assert len(kept) == 5, "the page, its style, and three scripts: English needs no texts"
    assert not [path for path in kept if not path.startswith("/family/static/")], "nothing of the library"
    page.click("#library-button")
    page.click("#sign-out")
    expect(page.locator("#sign-in")).to_be_visible()
    served.stop()
    page.goto("about:blank")
    page.goto(f"{served.url}/family/#q=a+red+square")
    expect(page.get_by_role("heading", name="The server cannot be reached")).to_be_visible()
    assert page.locator("img").count() == 0
    assert faults(page) == []
    served.start()
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_have_value("a red square")
    expect(page.locator("#status")).to_contain_text("strong among")
