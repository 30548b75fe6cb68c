"""What is said of results is what the answer says, whatever of it is loaded."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import PATIENCE_S, intercept
from browser.test_search import N_PHOTOS, answered
from browser.tiles import names

pytestmark = pytest.mark.browser


def judge(page: Page, change: Any, **fields: Any) -> None:
    """Gives the server's answers a verdict of the test's own, and searches."""
    intercept(page, "**/api/search/text", lambda route: answered(route, change, **fields))
    page.fill("#words", "a red square")


@pytest.mark.parametrize(("matches", "told"), [(1, "1 match among 29 photos"), (23, "23 matches among 29 photos")])
def test_matches_are_counted_by_the_answer_and_not_by_what_is_loaded(page: Page, matches: int, told: str) -> None:
    judge(page, lambda result: {"relevant": result["rank"] <= 2}, num_matches=matches, grades=None)
    expect(page.locator("#status")).to_contain_text(told)


def test_the_count_stays_when_more_photos_come(open_page: Any, site: str) -> None:
    page = open_page(site, viewport={"width": 500, "height": 400})
    told: list[int] = []

    def ten_at_most(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"max_top_k": 10})

    def parted(route: Route) -> None:
        answered(route, lambda _: {"relevant": True}, num_matches=35, grades=None, num_candidates=60)
        told.append(route.request.post_data_json["offset"])

    page.route("**/api/session", ten_at_most)
    page.reload()
    page.wait_for_selector(".tile img.is-loaded")
    intercept(page, "**/api/search/text", parted)
    page.fill("#words", "a red square")
    expect(page.locator("#status")).to_contain_text("35 matches among 60 photos")
    last, deadline = page.locator(f".tile[data-index='{N_PHOTOS - 1}']"), time.monotonic() + PATIENCE_S
    while not last.count():
        assert time.monotonic() < deadline, f"what came: {told}"
        page.evaluate("window.scrollBy(0, 400)")
        page.wait_for_timeout(50)
    assert told == [0, 10, 20]
    expect(page.locator("#status")).to_contain_text("35 matches among 60 photos")


def test_where_the_model_cannot_tell_there_are_only_ranks(page: Page) -> None:
    judge(page, lambda _: {"relevant": None, "grade": None}, num_matches=None, grades=None)
    expect(page.locator("#status")).to_contain_text(f"{N_PHOTOS} photos, best match first")
    assert len(names(page)) == N_PHOTOS


def test_nothing_matches_only_where_the_answer_says_so(page: Page) -> None:
    judge(page, lambda _: {"relevant": False}, num_matches=2, grades={"strong": 2, "likely": 0, "possible": 0})
    expect(page.locator("#status")).to_contain_text(f"2 strong among {N_PHOTOS} photos")
    expect(page.locator("#nothing")).to_be_hidden()


def test_where_nothing_is_sure_the_whole_list_stands_below_the_verdict(page: Page) -> None:
    judge(page, lambda _: {"relevant": False, "grade": None}, num_matches=0, grades=None)
    expect(page.locator("#nothing h2")).to_have_text("No sure match; the closest:")
    expect(page.locator("#status")).to_contain_text(f"No sure match among {N_PHOTOS} photos; the closest first")
    assert len(names(page)) == N_PHOTOS
    assert page.locator(".row.title h2").count() == 0
    page.fill("#words", "")
    expect(page.locator("#nothing")).to_be_hidden()


def test_grades_are_words_on_the_photos_and_counted_above_them(page: Page) -> None:
    def graded(result: dict[str, Any]) -> dict[str, Any]:
        grade = {1: "strong", 2: "likely"}.get(result["rank"])
        return {"relevant": grade is not None, "grade": grade, "probability": 0.9}

    judge(page, graded, num_matches=2, grades={"strong": 1, "likely": 1, "possible": 0})
    expect(page.locator("#status")).to_contain_text(f"1 strong, 1 likely among {N_PHOTOS} photos")
    assert page.locator(".badge").all_text_contents()[:3] == ["1 · strong", "2 · likely", "3"]
    expect(page.locator(".tile .open").first).to_have_attribute("aria-label", re.compile("strong match"))
    assert "%" not in page.locator("main").inner_text()


def test_it_is_said_why_a_sum_has_no_grades(page: Page) -> None:
    why = "sums of words and photos have no grades"
    judge(page, lambda _: {"relevant": None, "grade": None}, num_matches=None, grades=None, ungraded=why)
    expect(page.locator("#status")).to_contain_text(why)


def test_the_unsure_stand_apart_once_even_where_grades_are_not_in_the_order_of_ranks(page: Page) -> None:
    judge(page, lambda result: {"is_match": result["rank"] in {2, 4, 6}}, num_matches=3)
    expect(page.locator(".row.title h2")).to_have_text(["No sure matches"])
    after = page.locator(".row.title + .row .tile").first
    expect(after).to_have_attribute("data-index", "6")
