"""Many photos at once: all results, loaded or not, and ranges by key."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import intercept, until_at_rest
from browser.test_accessibility import faults

pytestmark = pytest.mark.browser


@pytest.fixture
def sparing(open_page: Any, site: str) -> Page:
    """The page of a server that gives 7 photos at a time."""
    page = open_page(site)
    session = page.request.get(f"{site}/api/session").json()
    intercept(page, "**/api/session", lambda route: route.fulfill(json={**session, "max_top_k": 7}))
    page.set_viewport_size({"width": 360, "height": 300})  # more are loaded when somebody scrolls
    page.reload()
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    return page


def test_all_results_are_selected_loaded_or_not(sparing: Page) -> None:
    sparing.locator(".tile .open").first.focus()
    sparing.keyboard.press("Control+a")
    expect(sparing.locator("#selection .count")).to_have_text("29 photos selected")
    sparing.keyboard.press("Escape")
    sparing.goto(f"{sparing.url.split('#')[0]}#folder=home")
    expect(sparing.locator("#status")).to_have_text("8 photos")
    sparing.locator(".tile .open").first.focus()
    sparing.keyboard.press("x")
    until_at_rest(sparing)
    assert faults(sparing) == []
    sparing.get_by_role("button", name="Select all").click()
    expect(sparing.locator("#selection .count")).to_have_text("8 photos selected")
    bar = sparing.locator("#selection").bounding_box()
    assert bar is not None
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= 360


def test_a_range_is_selected_by_key(open_page: Any, site: str) -> None:
    page = open_page(site)
    page.locator(".tile .open").first.focus()
    page.keyboard.press("x")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+X")
    expect(page.locator("#selection .count")).to_have_text("5 photos selected")
    page.keyboard.press("4")
    expect(page.locator("#notice")).to_contain_text("5 photos: 4 stars.")
    assert page.request.get(f"{site}/api/ratings").json()["num_rated"] == 5
    page.keyboard.press("0")
    expect(page.locator("#notice")).to_contain_text("5 photos: no rating.")


def test_letters_in_the_box_stay_letters(open_page: Any, site: str) -> None:
    page = open_page(site)
    page.fill("#words", "a red square")
    page.keyboard.press("Control+a")
    page.keyboard.type("blue")
    expect(page.locator("#words")).to_have_value("blue")
    expect(page.locator("#selection")).to_be_hidden()
