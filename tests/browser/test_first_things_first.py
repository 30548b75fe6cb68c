"""What somebody waits for does not wait behind pictures of the grid: an answer, and the photo that is opened."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import Held, hold_pictures, stop_time, until

pytestmark = pytest.mark.browser
FEWEST = 3  # pictures on their way at once
LONGEST_HELD_MS = 2000
RESTS_AFTER_MS = 700
KNOWN_BEFORE = """window.PerformanceObserver = class { observe() {} };
performance.getEntriesByType = () => [{ requestStart: 1, responseEnd: 11, nextHopProtocol: "http/1.1" }]"""
ASKED_FOR = "document.querySelectorAll('.tile img[src]').length"
ON_THEIR_WAY = "document.querySelectorAll('.tile img[src]:not(.is-loaded)').length"
WAITING = "document.querySelectorAll('.tile img[data-src]').length"


@pytest.fixture
def busy_page(open_page: Any, site: str) -> tuple[Page, Held]:
    """A window with pictures on their way; its time stands still."""
    page = open_page(site)
    held = hold_pictures(page, site)
    until(page, f"{ON_THEIR_WAY} >= {FEWEST}")
    return page, held


def type_a_query(page: Page) -> None:
    """Types one, which does not rest yet, and sees its answer."""
    page.locator("#words").focus()
    stop_time(page)
    page.fill("#words", "a red square")
    page.clock.run_for(200)
    expect(page.locator(".tile .badge").first).to_be_visible()


def bring(page: Page, held: Held) -> int:
    """Lets the pictures come that are on their way; how many had been asked for, which are no more now."""
    asked = int(page.evaluate(ASKED_FOR))
    for _ in range(page.evaluate(ON_THEIR_WAY)):
        held.take().continue_()
    until(page, f"{ON_THEIR_WAY} === 0")
    assert page.evaluate(ASKED_FOR) == asked
    assert page.evaluate(WAITING) > 0
    return asked


def test_an_answer_does_not_wait_behind_pictures(busy_page: tuple[Page, Held]) -> None:
    page, held = busy_page
    answers = Held(page, "**/api/search/text")
    stop_time(page)
    page.fill("#words", "a red")
    page.clock.run_for(200)
    answer = answers.take()
    asked = bring(page, held)
    answer.fulfill(status=422, json={"error": {"code": "invalid_query", "message": "not yet"}})
    page.clock.run_for(RESTS_AFTER_MS)
    until(page, f"{ASKED_FOR} > {asked}")  # the grid stays, and its pictures come

    page.fill("#words", "a red square")
    page.clock.run_for(200)
    answer = answers.take()
    asked = bring(page, held)
    page.clock.run_for(LONGEST_HELD_MS)
    until(page, f"{ASKED_FOR} > {asked}")  # what takes so long does not wait for the line
    answer.continue_()
    expect(page.locator(".tile .badge").first).to_be_visible()


def test_an_opened_photo_does_not_wait_behind_pictures(busy_page: tuple[Page, Held]) -> None:
    page, held = busy_page
    photos = Held(page, lambda url: "/api/image/" in url and "/thumbnail" not in url)
    stop_time(page)
    page.locator(".tile .open").first.evaluate("one => one.click()")
    photo = photos.take()
    asked = bring(page, held)
    photo.continue_()
    until(page, f"{ASKED_FOR} > {asked}")
    expect(page.locator("#stage")).to_have_class("stage has-picture")


def test_over_a_slow_line_pictures_begin_once_the_query_rests(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    line = {"offline": False, "latency": 400, "downloadThroughput": 10**6, "uploadThroughput": 10**6}
    client.send("Network.emulateNetworkConditions", line)
    page.goto(site)
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    type_a_query(page)
    assert page.evaluate(ASKED_FOR) == 0
    page.clock.run_for(700)
    until(page, f"{ASKED_FOR} > 0")


def test_a_page_whose_files_the_browser_had_shows_pictures_while_somebody_types(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    page.add_init_script(KNOWN_BEFORE)  # so that nothing has told yet how long a picture takes
    page.goto(site)
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    type_a_query(page)
    until(page, f"{ASKED_FOR} > 0")
