"""Odd names, a server that goes and comes, a slow network, a key, no network at all."""

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from browser.drawn_library import ODD_CAPTIONS, ODD_NAMES
from browser.served_page import Held, ServedPage, cut_network, intercept, on_top, stop_time, until, until_at_rest
from browser.test_scrolling import ARE_HERE
from browser.tiles import called

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "name", [*ODD_NAMES[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in ODD_NAMES[2:])]
)
def test_an_odd_name_is_shown_as_text_and_breaks_nothing(open_page: Any, site: str, name: str) -> None:
    page = open_page(f"{site}/#folder=odd&photo={quote('odd/' + name, safe='')}")
    expect(page.locator("#viewer-name")).to_have_text(name)
    expect(page.locator("#viewer-facts dd").first).to_have_text(name)
    until(page, "document.getElementById('viewer-picture').naturalWidth > 0")
    page.click("#viewer-plus")
    expect(page.locator(".chip img")).to_have_attribute("title", name)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.keyboard.press("Escape")
    page.goto(f"{site}/#folder=odd&q=x")
    expect(page.locator(".tile .badge")).to_have_count(len(ODD_NAMES))
    assert any(name in label for label in called(page)), "neither a date nor a caption is known"
    assert page.locator("main img[src='x']").count() == 0


def test_odd_captions_are_shown_as_text(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#folder=home&photo={quote('home/red square.jpg', safe='')}")
    expect(page.locator(".captions li")).to_have_count(len(ODD_CAPTIONS))
    shown = page.locator(".captions li").all_text_contents()
    assert sorted(shown) == sorted(text.strip() for text in ODD_CAPTIONS)
    assert page.title() == "twinlens"
    assert page.locator(".captions :is(b, script)").count() == 0


def test_odd_words_are_searched_for_as_they_stand(page: Page) -> None:
    words = '<b>"red"</b> & \' 🟥 שלום'
    page.fill("#words", words)
    expect(page.locator("#status")).to_contain_text("among")
    page.reload()
    expect(page.locator("#words")).to_have_value(words)


@pytest.mark.slow
def test_a_server_that_stops_and_comes_back_is_waited_for(drawn: Path, open_page: Any) -> None:
    served = ServedPage(drawn)
    try:
        page = open_page(served.url)
        served.stop()
        page.fill("#words", "a red circle")
        expect(page.locator("#away")).to_be_visible()
        assert page.locator(".tile").count() > 0, "what was found before stays"
        served.start()
        expect(page.locator("#away")).to_be_hidden()
        expect(page.locator("#status")).to_contain_text("among")
        expect(page.locator("#words")).to_have_value("a red circle")
    finally:
        served.stop()


def test_a_picture_that_is_lost_on_its_way_is_asked_for_again(page: Page) -> None:
    lost: list[str] = []

    def lose_once(route: Any) -> None:
        if route.request.url in lost:
            route.fallback()
        else:
            lost.append(route.request.url)
            route.abort("connectionreset")

    intercept(page, "**/thumbnail?*", lose_once)
    page.fill("#words", "a red square")
    page.press("#words", "Enter")
    expect(page.locator(".tile .badge").first).to_be_visible()
    until(page, f"document.querySelector('.tile img') && {ARE_HERE}")
    assert lost
    expect(page.locator(".tile.is-broken")).to_have_count(0)


def test_pictures_that_were_lost_come_once_the_server_is_back(page: Page) -> None:
    is_away = True
    intercept(page, "**/thumbnail?*", lambda route: route.abort("connectionrefused") if is_away else route.fallback())
    page.fill("#words", "a red square")
    page.press("#words", "Enter")
    expect(page.locator(".tile .badge").first).to_be_visible()
    expect(page.locator(".tile.is-broken").first).to_be_visible()
    for calls in ("**/api/favourites", "**/health"):
        page.route(calls, lambda route: route.abort("connectionrefused") if is_away else route.fallback())
    page.locator(".tile .heart").first.click()  # the page notices
    expect(page.locator("#away")).to_be_visible()
    is_away = False
    page.click("#away-retry")
    expect(page.locator("#away")).to_be_hidden()
    expect(page.locator(".tile.is-broken")).to_have_count(0)
    until(page, ARE_HERE)


def test_a_slow_network_shows_a_sign_and_a_fast_one_does_not(page: Page) -> None:
    """Time passes when the test says so: an answer after a fifth of a second, and one that is held."""
    seen = "document.getElementById('box').classList.contains('is-slow')"
    page.evaluate(
        "new MutationObserver(() => { window.wasSlow ||= " + seen + " })"
        ".observe(document.getElementById('box'), { attributes: true })"
    )
    held = Held(page, "**/api/search/text")
    stop_time(page)
    page.fill("#words", "fast")
    page.clock.run_for(200)
    held.take().fulfill(json=ANSWER)
    expect(page.locator("#status")).to_contain_text("best match first")
    page.clock.run_for(1000)
    assert not page.evaluate("window.wasSlow")
    page.fill("#words", "slow")
    page.clock.run_for(200)
    answer = held.take()
    page.clock.run_for(300)
    until(page, "window.wasSlow")
    answer.fulfill(json=ANSWER)
    expect(page.locator("#box")).not_to_have_class(re.compile("is-slow"))


ANSWER = {
    "query": "x", "num_results": 1, "num_candidates": 1, "offset": 0, "model": "x", "took_ms": 1.0, "query_read": None,
    "results": [
        {
            "rank": 1, "image_id": "home/red square.jpg", "image_path": "", "score": 0.3, "probability": None,
            "relevant": None, "width": 480, "height": 320, "taken_at": None, "is_favourite": False,
        }
    ],
}  # fmt: skip


def test_the_key_is_asked_for_and_never_kept_where_scripts_can_read_it(
    drawn: Path, open_page: Any, tmp_path: Path
) -> None:
    served = ServedPage(Path(shutil.copytree(drawn, tmp_path / "photos")), "--api-key", "open-sesame")
    try:
        page = open_page(served.url, wait=False)
        expect(page.locator("#sign-in")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#sign-in")).to_be_visible()
        page.fill("#key", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#key-fault")).to_contain_text("not a key of the server")
        page.fill("#key", "open-sesame")
        page.keyboard.press("Enter")
        expect(page.locator(".tile img.is-loaded").first).to_be_visible()
        assert "sesame" not in page.evaluate("document.cookie + JSON.stringify(localStorage)")
        page.reload()
        expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    finally:
        served.stop()


def test_the_page_asks_nobody_but_its_server(open_page: Any, site: str) -> None:
    page = open_page(site, wait=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector(".tile img.is-loaded")
    assert asked
    assert [url for url in asked if not url.startswith((site, "blob:", "data:"))] == []


def test_the_banner_is_seen_and_used_wherever_somebody_is(page: Page) -> None:
    page.click("#filters-button")
    page.select_option("#sort", "date")
    page.set_viewport_size({"width": 700, "height": 400})
    page.click("#library-button")  # it is loaded with its first use
    expect(page.locator("#library")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#library")).to_be_hidden()
    page.evaluate("window.scrollTo(0, 600)")
    cut_network(page)
    page.locator(".tile.is-favourite, .tile .open").first.focus()
    page.keyboard.press("f")
    expect(page.locator("#away")).to_be_visible()
    assert on_top(page, "#away p")
    page.locator(".tile .open").nth(4).click()
    for button, dialog in ((None, "#viewer"), ("#help-button", "#help"), ("#library-button", "#library")):
        if button:
            page.click(button)
        expect(page.locator(dialog)).to_be_visible()
        until_at_rest(page)
        assert on_top(page, "#away p")
        page.click("#away-retry")
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
        assert on_top(page, "#away p")


def test_the_keyboard_goes_back_from_the_banner_when_it_is_gone(page: Page) -> None:
    cut_network(page)
    page.fill("#words", "a red circle")
    expect(page.locator("#away")).to_be_visible()
    page.focus("#away-retry")
    page.unroute_all()
    page.keyboard.press("Enter")
    expect(page.locator("#away")).to_be_hidden()
    expect(page.locator("#words")).to_be_focused()


def test_an_open_photo_recovers_when_the_server_is_back(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home")
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts dl")).to_be_visible()
    cut_network(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#away")).to_be_visible()
    page.keyboard.press("ArrowRight")  # the photo after the next was not fetched ahead
    expect(page.locator("#stage")).to_contain_text("This photo cannot be shown")
    expect(page.locator("#viewer-facts")).to_have_text("")
    name = page.locator("#viewer-name").text_content() or ""
    page.unroute_all()
    expect(page.locator("#viewer-facts dd").first).to_have_text(name)
    expect(page.locator("#viewer-picture")).to_be_visible()
    expect(page.locator("#stage")).not_to_contain_text("can be shown")
    until(page, "document.getElementById('viewer-picture').naturalWidth > 0")


def test_of_too_many_chosen_pictures_the_first_are_used_and_it_is_said(page: Page, drawn: Path) -> None:
    page.set_input_files("#file", sorted((drawn / "home").iterdir()) + sorted((drawn / "holiday/wood").iterdir())[:1])
    expect(page.locator("#notice")).to_contain_text("At most 8 pictures")
    expect(page.locator(".chip img")).to_have_count(8)


def test_a_library_that_is_away_says_so_leads_to_the_others_and_comes_back(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    told = {"code": "library_missing", "message": "the collection is not at its place", "hint": "bring it back"}
    photos = re.compile(r"/api/photos\?")
    page.route(photos, lambda route: route.fulfill(status=503, json={"error": told}))
    session = {**page.request.get(f"{site}/api/session").json(), "is_one_of_several": True}
    page.route("**/api/session", lambda route: route.fulfill(json=session))
    page.goto(site)
    expect(page.locator("#nothing h2")).to_have_text("This library is away")
    expect(page.locator("#nothing p").first).to_have_text("The collection is not at its place (bring it back)")
    expect(page.locator("#nothing a")).to_have_attribute("href", "../")
    without_use = ("#browse-button", "#filters-button", "#places-button", "#map-button", "#library-button", "#words")
    for button in without_use:
        expect(page.locator(button)).to_be_hidden()
    page.unroute(photos)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    expect(page.locator("#nothing")).to_be_hidden()
    for button in without_use:
        expect(page.locator(button)).to_be_visible()
