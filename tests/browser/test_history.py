"""Back and forward: what was searched for, found and scrolled to is there again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until, until_drawn
from browser.test_search import N_PHOTOS, search, search_and_stay
from browser.tiles import names

pytestmark = pytest.mark.browser
FILE = "home/red square.jpg"


def length(page: Page) -> int:
    return int(page.evaluate("history.length"))


def enter(page: Page, words: str) -> None:
    page.fill("#words", words)
    with page.expect_response("**/api/search/text"):
        page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("strong among")


def test_each_search_is_a_place_and_the_letters_typed_on_the_way_are_not(page: Page) -> None:
    first = length(page)
    search(page, "a red circle")
    page.keyboard.press("Enter")
    search(page, " on wood")
    page.keyboard.press("Enter")
    assert length(page) == first + 2
    page.go_back()
    expect(page.locator("#words")).to_have_value("a red circle")
    page.go_back()
    expect(page.locator("#words")).to_have_value("")
    expect(page.locator("#status")).to_have_text(f"{N_PHOTOS} photos")
    page.go_forward()
    expect(page.locator("#words")).to_have_value("a red circle")
    assert page.url.endswith("#q=a+red+circle")


def test_who_stays_for_a_while_can_come_back_without_having_pressed_enter(page: Page) -> None:
    search_and_stay(page, "a red circle")
    search(page, " on wood")
    page.go_back()
    expect(page.locator("#words")).to_have_value("a red circle")


def test_a_search_by_a_picture_is_there_again_after_a_photo_was_open(page: Page, drawn: Path) -> None:
    page.set_input_files("#file", drawn / FILE)
    expect(page.locator("#status")).to_contain_text("strong among")
    found = names(page)
    page.locator(".tile .open").nth(2).click()
    expect(page.locator("#viewer")).to_be_visible()
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator(".chip img")).to_have_count(1)
    assert names(page) == found
    page.click("#home")
    expect(page.locator("#status")).to_have_text(f"{N_PHOTOS} photos")
    page.go_back()
    expect(page.locator(".chip img")).to_have_count(1)
    assert names(page) == found


def test_photos_that_were_opened_and_closed_are_no_places(page: Page) -> None:
    enter(page, "a red circle")
    for place in range(3):
        page.locator(".tile .open").nth(place).click()
        expect(page.locator("#viewer")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#viewer")).to_be_hidden()
        until(page, "!location.hash.includes('photo=')")
    page.go_back()
    expect(page.locator("#words")).to_have_value("")


def test_what_is_typed_right_after_a_photo_was_closed_is_not_lost(page: Page) -> None:
    enter(page, "a red circle")
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.evaluate(
        """() => { document.getElementById('viewer').close();
        setTimeout(() => { const words = document.getElementById('words'); words.value = 'a green square';
        words.dispatchEvent(new Event('input')); }); }"""
    )
    until(page, "location.hash === '#q=a+green+square'")
    expect(page.locator("#words")).to_have_value("a green square")
    page.go_back()
    expect(page.locator("#words")).to_have_value("a red circle")


def test_a_photo_that_is_opened_right_after_another_was_closed_stays_open(page: Page) -> None:
    enter(page, "a red circle")
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.evaluate(
        """() => { window.timesBack = 0;
        window.addEventListener('popstate', () => { window.timesBack += 1; });
        const viewer = document.getElementById('viewer');
        viewer.addEventListener('close', () => document.querySelectorAll('.tile .open')[1].click(), { once: true });
        viewer.close(); }"""
    )
    expect(page.locator("#viewer-name")).to_have_text(names(page)[1])
    until(page, "window.timesBack === 1 && location.hash.includes('photo=')")  # the first was left, the second came
    until_drawn(page)
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    until(page, "location.hash === '#q=a+red+circle'")


def test_going_back_neither_asks_again_nor_loses_the_place_in_the_list(page: Page) -> None:
    page.set_viewport_size({"width": 500, "height": 500})
    enter(page, "a red circle")
    page.evaluate("window.scrollTo({ top: 700 })")
    enter(page, "a blue square")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/search" in request.url else None)
    page.go_back()
    expect(page.locator("#words")).to_have_value("a red circle")
    until(page, "Math.abs(window.scrollY - 700) < 2")
    assert asked == []


def test_a_photo_in_the_address_is_closed_into_its_search(page: Page, site: str) -> None:
    page.goto("about:blank")
    page.goto(f"{site}/#q=a+square&photo=home%2Fred%20square.jpg")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    until(page, "location.hash === '#q=a+square'")
    expect(page.locator("#words")).to_have_value("a square")


def test_more_like_an_open_photo_leads_back_to_the_search_before(page: Page) -> None:
    enter(page, "a red circle")
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts dl")).to_be_visible()
    page.click("#viewer-like")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator(".chip img")).to_have_count(1)
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#words")).to_have_value("a red circle")


def test_what_a_photo_was_given_meanwhile_is_there_in_results_that_are_gone_back_to(page: Page, site: str) -> None:
    first = page.locator(".tile").first
    photo = first.get_attribute("data-id")
    own = page.locator(f'.tile[data-id="{photo}"]')
    page.evaluate("location.hash = 'sort=name'")
    expect(page.locator(".tile").first).not_to_have_attribute("data-id", photo or "")
    own.locator(".open").click()
    try:
        page.get_by_role("button", name="Add a caption").click()
        page.keyboard.type("seen twice")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="seen twice", exact=True)).to_be_visible()
        page.keyboard.press("f")
        expect(page.locator("#viewer-heart")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Escape")
        expect(page.locator("#viewer")).to_be_hidden()
        page.go_back()
        expect(page.locator(".tile").first).to_have_attribute("data-id", photo or "")
        expect(own.locator(".open")).to_have_attribute("aria-label", re.compile("seen twice"))
        expect(own.locator(".heart")).to_have_attribute("aria-pressed", "true")
    finally:
        page.request.post(f"{site}/api/captions", data={"image_id": photo, "caption": "seen twice", "is_there": False})
        page.request.post(f"{site}/api/favourites", data={"image_ids": [photo], "is_favourite": False})
