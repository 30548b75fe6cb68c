"""The panel beside the photos: what files say of them, and this day in other years."""

from typing import Any

import pytest
from playwright.sync_api import expect

from browser.served_page import intercept

pytestmark = pytest.mark.browser


def test_people_and_places_of_files_are_chosen_and_this_day_is_shown_in_all_years(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    page.clock.set_fixed_time("2026-03-15T12:00:00")
    page.goto(site)
    page.wait_for_selector(".tile img.is-loaded")
    said = {
        "people": [{"name": "Ana Silva", "images": 3}],
        "places": [{"name": "Italy|Latium|Rome", "images": 2}],
        "keywords": [],
    }
    intercept(page, "**/api/facets", lambda route: route.fulfill(json=said))
    page.click("#browse-button")
    panel = page.get_by_role("complementary", name="Browse the library")
    panel.get_by_role("button", name="Ana Silva 3").click()
    chosen = page.get_by_role("list", name="Chosen filters")
    expect(chosen).to_contain_text("Ana Silva")
    panel.get_by_role("button", name="Ana Silva 3").click()
    panel.locator("summary", has_text="Places").click()
    panel.get_by_role("button", name="Inside Italy").click()
    panel.get_by_role("button", name="Inside Latium").click()
    panel.get_by_role("button", name="Rome 2").click()
    expect(chosen).to_contain_text("Rome, Latium, Italy")
    today = panel.get_by_role("button", name="On this day")
    today.click()
    expect(today).to_have_attribute("aria-pressed", "true")
    expect(chosen).to_have_text("Day of the year: 15 March")
    expect(page.locator("#status")).to_have_text("4 photos")  # of four years, as drawn_library.py dates them
    expect(page.locator(".tile")).to_have_count(4)
