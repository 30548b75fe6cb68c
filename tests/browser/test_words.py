"""Unknown words are told, and a corrected query is one click away."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import intercept
from browser.test_search import answered

pytestmark = pytest.mark.browser
MEANT = "a giraffe <b> on grass"


def tell(page: Page, **fields: Any) -> list[str]:
    """Gives each answer what is told of the words; returns the queries as they come."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.post_data_json["query"])
        known = asked[-1] == MEANT
        answered(route, lambda _: {}, **({"unknown_words": [], "did_you_mean": None} if known else fields))

    intercept(page, "**/api/search/text", answer)
    return asked


def test_a_click_searches_what_was_meant(page: Page) -> None:
    asked = tell(page, unknown_words=["giraff"], did_you_mean=MEANT, no_word_known=False)
    expect(page.locator("#did-you-mean")).to_be_hidden()
    page.fill("#words", "a giraff")
    expect(page.locator("#status")).to_contain_text("unknown word: “giraff”")
    expect(page.locator("#did-you-mean")).to_have_text(f"Did you mean “{MEANT}”?")
    page.click("#did-you-mean")
    expect(page.locator("#words")).to_have_value(MEANT)
    expect(page.locator("#did-you-mean")).to_be_hidden()
    expect(page.locator("#status")).not_to_contain_text("unknown")
    assert asked[-1] == MEANT
    page.go_back()
    expect(page.locator("#words")).to_have_value("a giraff")


@pytest.mark.parametrize(
    ("query", "unknown", "why"),
    [
        ("qwrtzx", ["qwrtzx"], "No word of this query is known: “qwrtzx”"),
        ("???", [], "There is no word in this query"),
    ],
)
def test_a_query_of_unknown_words_does_not_blame_the_photos(
    page: Page, query: str, unknown: list[str], why: str
) -> None:
    tell(page, unknown_words=unknown, no_word_known=True, num_matches=0, did_you_mean=None)
    page.fill("#words", query)
    expect(page.locator("#nothing h2")).to_have_text(f"{why}; the closest:")
    expect(page.locator("#status")).to_contain_text(why)


def test_emoji_are_shown_as_they_were_read(page: Page) -> None:
    page.fill("#words", "🐶")
    expect(page.locator("#status")).to_contain_text("read as “dog face”")


def test_a_half_typed_field_is_objected_to_after_a_pause_or_at_once_with_enter(page: Page) -> None:
    page.fill("#words", "year:20")
    expect(page.locator("#status")).to_contain_text("year must be a date")
    page.fill("#words", "dog year:1899")
    expect(page.locator("#nothing h2")).to_have_text("No photo fits the whole query")
    expect(page.locator("#status")).to_contain_text("No photo fits the whole query")
    page.fill("#words", "year:2")
    page.press("#words", "Enter")
    expect(page.locator("#status")).to_contain_text("year must be a date")
