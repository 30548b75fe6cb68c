"""Words, examples, terms with signs, addresses that hold the query."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import Held, intercept, stop_time, until, until_drawn
from browser.test_scrolling import ARE_HERE
from browser.tiles import names

pytestmark = pytest.mark.browser
N_PHOTOS = 29


def search(page: Page, words: str) -> None:
    """Types words and waits for their results."""
    with page.expect_response("**/api/search/text"):
        page.locator("#words").press_sequentially(words, delay=5)
    expect(page.locator("#status")).to_contain_text(f"among {N_PHOTOS} photos")


def search_and_stay(page: Page, words: str) -> None:
    """Types words and looks at their results for a while."""
    stop_time(page)
    page.locator("#words").press_sequentially(words)
    page.clock.run_for(200)  # more than the page waits for another letter
    expect(page.locator("#status")).to_contain_text(f"among {N_PHOTOS} photos")
    page.clock.run_for(2000)
    page.clock.resume()


def answered(route: Route, change: Any, **fields: Any) -> None:
    """Lets a call go on, and changes its results and what is said of them all."""
    response = route.fetch()
    body = response.json() | fields
    for result in body["results"]:
        result.update(change(result))
    route.fulfill(response=response, body=json.dumps(body))


def test_at_first_the_library_is_shown_newest_first(page: Page) -> None:
    expect(page.locator("#status")).to_have_text(f"{N_PHOTOS} photos")
    assert page.locator(".row.title h2").first.text_content() == "2023"
    assert page.locator(".row.title h2").last.text_content() == "No date"


def test_results_appear_while_typing_without_a_press_of_enter(page: Page) -> None:
    search(page, "a red square")
    expect(page.locator(".badge").first).to_have_text(re.compile("^1"))
    assert len(names(page)) == N_PHOTOS
    assert page.url.endswith("#q=a+red+square")


def test_only_the_last_of_several_quick_searches_is_shown(page: Page) -> None:
    held = Held(page, "**/api/search/text")
    page.fill("#words", "slow")
    first = held.take()
    with page.expect_event("requestfailed"):  # the page lets it go
        page.fill("#words", "a blue circle")
    held.take().continue_()
    expect(page.locator("#status")).to_contain_text(f"among {N_PHOTOS} photos")
    found = names(page)
    first.continue_()
    until_drawn(page)
    assert page.evaluate("location.hash") == "#q=a+blue+circle"
    assert names(page) == found


def test_an_example_is_a_search(page: Page) -> None:
    example = page.locator("#examples .suggestion").first
    words = example.text_content() or ""
    example.click()
    expect(page.locator("#words")).to_have_value(words)
    expect(page.locator("#start")).to_be_hidden()


def test_terms_are_added_and_their_sign_is_turned(page: Page) -> None:
    page.fill("#words", "a circle")
    page.click("#keep")
    page.locator("#words").press_sequentially("red")
    with page.expect_request(lambda request: "red - a circle" in (request.post_data or "")):
        page.click(".chip .sign")
    expect(page.locator(".chip.is-minus")).to_have_count(1)
    page.click(".chip .remove")
    expect(page.locator(".chip")).to_have_count(0)
    assert "t=" not in page.url


def test_a_query_of_minus_alone_is_not_sent_and_ends_the_search_before(page: Page) -> None:
    held = Held(page, "**/api/search/text")
    page.fill("#words", "a circle")
    before = held.take()
    page.click("#keep")
    stop_time(page)
    with page.expect_event("requestfailed"):  # the page lets the search before go
        page.click(".chip .sign")
    expect(page.locator("#status")).to_contain_text("Add something to search for")
    before.continue_()
    page.clock.run_for(2000)
    expect(page.locator("#status")).to_contain_text("Add something to search for")
    expect(page.locator("#box")).not_to_have_class(re.compile("is-slow"))


def test_an_address_brings_back_words_terms_and_filters(page: Page, open_page: Any, site: str) -> None:
    address = f"{site}/#q=red&t=-w%3Aa+circle&folder=home&sort=date"
    other = open_page(address, wait=False)
    expect(other.locator("#words")).to_have_value("red")
    expect(other.locator(".chip.is-minus")).to_contain_text("a circle")
    expect(other.locator("#folder")).to_have_value("home")
    expect(other.locator("#status")).to_contain_text("No photo passes")  # this model finds a circle in all of them


def test_back_returns_to_the_search_before(page: Page) -> None:
    page.locator("#examples .suggestion").first.click()
    expect(page.locator("#start")).to_be_hidden()
    page.go_back()
    expect(page.locator("#start")).to_be_visible()
    expect(page.locator("#words")).to_have_value("")


def test_recent_searches_are_offered_again_and_can_be_forgotten(page: Page) -> None:
    search_and_stay(page, "a green circle")
    page.click("#clear")
    recent = page.locator("#recent .suggestion").first
    expect(recent).to_have_text("a green circle")
    recent.click()
    expect(page.locator("#words")).to_have_value("a green circle")
    page.click("#clear")
    page.locator("#recent .suggestion.is-quiet").click()
    expect(page.locator("#recent-row")).to_be_hidden()


def test_no_sure_match_says_what_was_tried_and_shows_all(page: Page) -> None:
    def judged(_: dict[str, Any]) -> dict[str, Any]:
        return {"relevant": False, "grade": None, "probability": 0.02}

    intercept(page, "**/api/search/text", lambda route: answered(route, judged, num_matches=0))
    page.fill("#words", "an elephant")
    nothing = page.locator("#nothing")
    expect(nothing.locator("h2")).to_have_text("No sure match; the closest:")
    expect(nothing).to_contain_text(f"{N_PHOTOS} photos compared with “an elephant”")
    expect(page.locator("#grid .tile").first).to_be_visible()


def test_what_is_not_sure_stands_apart_from_what_is(page: Page) -> None:
    def judged(result: dict[str, Any]) -> dict[str, Any]:
        return {"is_match": result["rank"] <= 4, "grade": "strong" if result["rank"] <= 4 else None}

    counts = {"strong": 4, "likely": 0, "possible": 0}
    intercept(page, "**/api/search/text", lambda route: answered(route, judged, num_matches=4, grades=counts))
    page.fill("#words", "a red square")
    expect(page.locator("#status")).to_contain_text(f"4 strong among {N_PHOTOS} photos")
    expect(page.locator(".badge").first).to_have_text("1 · strong")
    assert page.locator(".row.title h2").all_text_contents() == ["No sure matches"]


def test_photos_take_their_place_before_their_pictures_come_and_keep_it(page: Page) -> None:
    boxes = "all => all.map(one => { const b = one.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"
    held = Held(page, "**/thumbnail*")
    page.reload()
    page.wait_for_selector(".tile")
    before = page.locator(".tile").evaluate_all(boxes)
    assert page.locator(".tile img.is-loaded").count() == 0
    held.release()
    until(page, ARE_HERE)
    assert page.locator(".tile").evaluate_all(boxes)[: len(before)] == before
