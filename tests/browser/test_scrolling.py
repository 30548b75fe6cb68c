"""Pictures while somebody scrolls: those in view come first, and those that have left the page are not waited for."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import Held, until

pytestmark = pytest.mark.browser
AT_ONCE = 12
IN_VIEW = """[...document.querySelectorAll(".tile")].filter((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom > 120 && top < innerHeight;
})"""


@pytest.fixture
def held_page(open_page: Any, site: str) -> tuple[Page, Held]:
    """A window whose pictures do not come."""
    page = open_page(site, viewport={"width": 600, "height": 500})
    held = Held(page, "**/thumbnail?*")
    page.reload()
    until(page, f"document.querySelectorAll('.tile img[src]').length === {AT_ONCE}")
    return page, held


def test_a_few_pictures_are_loaded_at_once_and_those_in_view_first(held_page: tuple[Page, Held]) -> None:
    page, _ = held_page
    assert page.evaluate("document.querySelectorAll('.tile img[data-src]').length") > 0
    waiting = f"{IN_VIEW}.filter((one) => one.querySelector('img[data-src]')).length"
    assert page.evaluate(waiting) == max(0, page.evaluate(f"{IN_VIEW}.length") - AT_ONCE)


def test_pictures_that_left_the_page_are_cancelled_and_are_no_fault(held_page: tuple[Page, Held]) -> None:
    page, held = held_page
    with page.expect_event("requestfailed", lambda request: "/thumbnail" in request.url):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    until(page, f"{IN_VIEW}.some((one) => one.querySelector('img[src]'))")
    held.release()
    until(page, f"{IN_VIEW}.every((one) => one.querySelector('img.is-loaded'))")
    page.evaluate("window.scrollTo(0, 0)")
    until(page, f"{IN_VIEW}.every((one) => one.querySelector('img.is-loaded'))")
    expect(page.locator(".tile.is-broken")).to_have_count(0)


def test_pictures_that_were_here_already_ask_for_nothing_else(open_page: Any, site: str) -> None:
    page = open_page(site)
    until(page, "!document.querySelector('.tile img:not(.is-loaded)')")
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if request.url.endswith("undefined") else None)
    page.fill("#words", "a red square")  # the same pictures in other tiles
    page.press("#words", "Enter")
    expect(page.locator(".tile .badge").first).to_be_visible()
    until(page, "!document.querySelector('.tile img:not(.is-loaded)')")
    assert wrong == []
