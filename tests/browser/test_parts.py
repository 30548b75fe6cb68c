"""What a query asks for besides its words: chips that take it away again."""

import pytest
from playwright.sync_api import Page, expect

from browser.test_accessibility import faults

pytestmark = pytest.mark.browser


def test_what_was_understood_stands_as_chips_that_can_be_removed(page: Page) -> None:
    page.fill("#words", 'a square -circle year:2022 "red"')
    page.press("#words", "Enter")
    chips = page.locator("#parts .chip")
    expect(chips).to_have_text(["taken 2022", "with the text “red”", "without “circle”"])
    expect(page.locator("#status")).not_to_contain_text("read as")
    assert faults(page) == []
    page.get_by_role("button", name="Remove: taken 2022").click()
    expect(page.locator("#words")).to_have_value('a square -circle "red"')
    expect(chips).to_have_text(["with the text “red”", "without “circle”"])
    page.get_by_role("button", name="Remove: without “circle”").press("Enter")
    expect(page.locator("#words")).to_have_value('a square "red"')
    expect(page.locator("#words")).to_be_focused()
    page.go_back()
    expect(page.locator("#words")).to_have_value('a square -circle "red"')
    expect(chips).to_have_count(2)
    page.fill("#words", "a square")
    expect(page.locator("#parts")).to_be_hidden()
