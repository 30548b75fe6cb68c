"""Suggestions while one types, and examples before."""

import pytest
from playwright.sync_api import Page, expect

from browser.drawn_library import ODD_CAPTIONS
from browser.test_accessibility import faults
from browser.test_search import search_and_stay

pytestmark = pytest.mark.browser


def test_names_folders_and_cameras_are_suggested_and_taken_by_keyboard(page: Page) -> None:
    words, options = page.locator("#words"), page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    words.press_sequentially("red squ", delay=20)
    expect(options).to_have_text([ODD_CAPTIONS[0], "red square.jpg"])
    expect(words).to_have_attribute("aria-expanded", "true")
    assert faults(page) == []
    words.press("Escape")
    expect(options).to_have_count(0)
    expect(words).to_have_value("red squ")
    words.fill("a circle hol")
    expect(options).to_have_text(["holiday16 photos"])
    words.fill("a circle woo")
    expect(options).to_have_text(["holiday/wood8 photos"])
    words.press("ArrowDown")
    expect(words).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    words.press("Enter")
    expect(words).to_have_value("a circle folder:holiday/wood")
    expect(page.locator("#parts")).to_contain_text("in holiday/wood")
    words.fill("refl")
    options.first.click()
    expect(words).to_have_value('camera:"Twin Reflex"')


def test_own_searches_are_suggested_before_others(page: Page) -> None:
    search_and_stay(page, "a red circle")
    page.fill("#words", "red")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_have_text("a red circle")
    page.locator("#words").press("ArrowDown")
    page.locator("#words").press("Enter")
    expect(page.locator("#words")).to_have_value("a red circle")


def test_examples_are_those_that_the_library_answers(page: Page) -> None:
    page.route(
        "**/api/suggest?q=&*",
        lambda route: route.fulfill(
            json={"suggestions": [{"kind": "example", "text": "a kite", "query": "a kite", "num_images": None}]}
        ),
    )
    page.reload()
    expect(page.locator("#examples .suggestion")).to_have_text(["a kite"])
    page.fill("#words", "ki")
    expect(page.get_by_role("listbox", name="Suggestions").get_by_role("option")).to_have_text(["a kite"])
