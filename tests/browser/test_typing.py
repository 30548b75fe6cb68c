"""While a query is being typed: what matches is shown at once, and a verdict waits until the query rests."""

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import intercept, stop_time, until
from browser.test_search import N_PHOTOS, answered
from browser.tiles import names

pytestmark = pytest.mark.browser
PAUSE_MS = 300  # for an answer; less than the page waits for another letter
REST_MS = 1000  # more than it waits


@pytest.fixture
def typed(page: Page) -> Page:
    """The page where no photo matches "gir", an unfinished word that is unknown, and all match anything else."""

    def answer(route: Route) -> None:
        is_unfinished = route.request.post_data_json["query"].endswith("gir")
        told = {"num_matches": 0, "grades": None} if is_unfinished else {}
        answered(route, lambda _: {"grade": None} if is_unfinished else {}, unknown_words=["gir"], **told)

    intercept(page, "**/api/search/text", answer)
    stop_time(page)
    return page


def type_on(page: Page, letters: str) -> None:
    """Types letters, and waits for the answer but not for the rest."""
    with page.expect_response("**/api/search/text"):
        page.locator("#words").press_sequentially(letters)
        page.clock.run_for(PAUSE_MS)


def test_an_unfinished_word_leaves_the_photos_that_were_there(typed: Page) -> None:
    type_on(typed, "a red ")
    expect(typed.locator("#status")).to_contain_text(f"strong among {N_PHOTOS} photos")
    shown = names(typed)
    type_on(typed, "gir")
    typed.clock.run_for(PAUSE_MS)
    assert names(typed) == shown
    expect(typed.locator("#nothing")).to_be_hidden()
    expect(typed.locator("#status")).not_to_contain_text("No sure match")
    type_on(typed, "l")
    typed.clock.run_for(REST_MS)
    expect(typed.locator("#status")).to_contain_text("strong among")
    expect(typed.locator("#nothing")).to_be_hidden()


def test_a_query_that_rests_is_judged(typed: Page) -> None:
    type_on(typed, "a gir")
    expect(typed.locator("#nothing")).to_be_hidden()
    typed.clock.run_for(REST_MS)
    expect(typed.locator("#nothing h2")).to_have_text("No sure match; the closest:")
    expect(typed.locator("#status")).to_contain_text("unknown word: “gir”")


def test_enter_asks_for_the_verdict_at_once(typed: Page) -> None:
    type_on(typed, "a gir")
    with typed.expect_response("**/api/search/text"):
        typed.keyboard.press("Enter")
    expect(typed.locator("#nothing h2")).to_have_text("No sure match; the closest:")


def test_a_word_is_called_unknown_when_it_is_finished(typed: Page) -> None:
    type_on(typed, "a girl")
    until(typed, "document.getElementById('status').textContent.includes('strong among')")
    expect(typed.locator("#status")).not_to_contain_text("unknown")
    typed.clock.run_for(REST_MS)
    expect(typed.locator("#status")).to_contain_text("unknown word: “gir”")
