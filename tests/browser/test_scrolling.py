"""Pictures while somebody scrolls: those in view come first, and those that have left the page are not waited for."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import ALL_PARTS, Held, hold_pictures, until, until_drawn

pytestmark = pytest.mark.browser
FEWEST, MOST = 3, 5  # at once: fewer over a slow line, which a busy machine may look like
IN_VIEW = """[...document.querySelectorAll(".tile")].filter((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom > document.querySelector(".header").offsetHeight && top < innerHeight;
})"""
ARE_HERE = f"{IN_VIEW}.every((one) => one.querySelector('img.is-loaded'))"
ASKED_FOR = "document.querySelectorAll('.tile img[src]').length"
NEAR = f"[...document.querySelectorAll('.tile')].filter((one) => !{IN_VIEW}.includes(one))"
NEAR_ARE_ASKED_FOR = f"{NEAR}.some((one) => one.querySelector('img[src]'))"


@pytest.fixture
def held_page(open_page: Any, site: str) -> tuple[Page, Held]:
    """A window whose pictures do not come; nothing comes above them later, which would move them."""
    address = f"{site}/#q=a+red+square"
    page = open_page(address, viewport={"width": 600, "height": 360})
    held = hold_pictures(page, address)
    until(page, f"{ASKED_FOR} >= {FEWEST}")
    return page, held


def test_a_few_pictures_are_loaded_at_once_and_those_in_view_first(held_page: tuple[Page, Held]) -> None:
    page, held = held_page
    assert page.evaluate(ASKED_FOR) <= MOST
    while not page.evaluate(ARE_HERE):
        assert page.evaluate(f"{ARE_HERE} || !({NEAR_ARE_ASKED_FOR})")
        here = page.evaluate("document.querySelectorAll('.tile img.is-loaded').length")
        held.take().continue_()
        until(page, f"document.querySelectorAll('.tile img.is-loaded').length > {here}")
    until(page, NEAR_ARE_ASKED_FOR)


def test_who_spares_data_loads_what_is_in_view(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    page.add_init_script(
        "window.told = { saveData: true }; Object.defineProperty(navigator, 'connection', { value: told })"
    )
    page.goto(site)
    until(page, f"{IN_VIEW}.length && {ARE_HERE}")
    until(page, ALL_PARTS)
    asked = page.evaluate(ASKED_FOR)
    scrolled = "dispatchEvent(new Event('scroll'))"
    page.evaluate(scrolled)
    until_drawn(page)
    assert page.evaluate(ASKED_FOR) == asked
    page.evaluate(f"told.saveData = false; {scrolled}")
    until(page, f"{ASKED_FOR} > {asked}")


def test_pictures_that_left_the_page_are_cancelled_and_are_no_fault(held_page: tuple[Page, Held]) -> None:
    page, held = held_page
    with page.expect_event("requestfailed", lambda request: "/thumbnail" in request.url):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    until(page, f"{IN_VIEW}.some((one) => one.querySelector('img[src]'))")
    held.release()
    until(page, ARE_HERE)
    page.evaluate("window.scrollTo(0, 0)")
    until(page, ARE_HERE)
    expect(page.locator(".tile.is-broken")).to_have_count(0)


def test_pictures_that_were_here_already_ask_for_nothing_else(open_page: Any, site: str) -> None:
    page = open_page(site)
    until(page, ARE_HERE)
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if request.url.endswith("undefined") else None)
    page.fill("#words", "a red square")  # the same pictures in other tiles
    page.press("#words", "Enter")
    expect(page.locator(".tile .badge").first).to_be_visible()
    until(page, ARE_HERE)
    assert wrong == []
