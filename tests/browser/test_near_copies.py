"""Near copies of one picture are one tile; a button shows them all."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import intercept
from browser.test_search import N_PHOTOS, answered
from browser.tiles import names

pytestmark = pytest.mark.browser

COPIES = ["home/red circle.jpg", "home/blue square.jpg"]


def with_copies(route: Route) -> None:
    """The first result stands for three photos; one of them is not in the library any more."""

    def change(result: dict[str, Any]) -> dict[str, Any]:
        return {"num_alike": 3, "alike": [*COPIES, "gone.jpg"]} if result["rank"] == 1 else {}

    answered(route, change)


def test_a_button_shows_the_near_copies_of_a_photo_and_back_returns_to_the_search(page: Page) -> None:
    intercept(page, "**/api/search/text", with_copies)
    page.fill("#words", "a red square")
    button = page.locator(".tile .alike")
    expect(button).to_have_text("+3 alike")
    first = names(page)[0]
    assert "3 alike" in (page.locator(".tile .open").first.get_attribute("aria-label") or "")

    button.click()
    expect(page.locator("#status")).to_have_text("3 photos of one picture, 1 more is not shown")
    assert names(page) == [first, *(copy.rpartition("/")[2] for copy in COPIES)]
    expect(button).to_have_count(0)

    page.go_back()
    expect(page.locator("#status")).to_contain_text(f"among {N_PHOTOS} photos")
    expect(button).to_have_count(1)
