"""The map: dots, moving, a lasso that makes results."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import Held, until
from browser.tiles import tile_of

pytestmark = pytest.mark.browser


@pytest.fixture
def map_page(page: Page) -> Page:
    """The page with the map open."""
    with page.expect_response("**/api/map"):
        page.click("#map-button")
    expect(page.locator("#map-status")).to_have_text("29 photos")
    return page


def corners(page: Page) -> tuple[float, float, float, float]:
    box: Any = page.locator("#map-canvas").bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def test_something_is_drawn(map_page: Page) -> None:
    inked = """() => { const canvas = document.getElementById("map-canvas");
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return data.some((value, place) => place % 4 === 3 && value > 0); }"""
    until(map_page, f"({inked})()")


def test_a_lasso_around_everything_catches_everything(map_page: Page) -> None:
    x, y, width, height = corners(map_page)
    map_page.click("#map-lasso")
    map_page.mouse.move(x + 2, y + 2)
    map_page.mouse.down()
    for across, down in ((width - 3, 2), (width - 3, height - 3), (2, height - 3), (2, 4)):
        map_page.mouse.move(x + across, y + down, steps=3)
    map_page.mouse.up()
    expect(map_page.locator("#map")).to_be_hidden()
    expect(map_page.locator("#status")).to_have_text("29 photos from the map")
    assert map_page.locator(".tile").count() > 10
    map_page.reload()
    expect(map_page.locator("#status")).to_have_text("29 photos from the map")
    map_page.click("#home")
    expect(map_page.locator("#status")).to_have_text("29 photos")
    map_page.go_back()
    expect(map_page.locator("#status")).to_have_text("29 photos from the map")


def test_the_keyboard_zooms_and_shows_what_is_in_view(map_page: Page) -> None:
    map_page.locator("#map-canvas").focus()
    for key in ("+", "ArrowLeft"):
        map_page.keyboard.press(key)
    map_page.click("#map-seen")
    expect(map_page.locator("#status")).to_contain_text("from the map")
    caught = int((map_page.locator("#status").text_content() or "").split()[0])
    assert 0 < caught < 29


def open_a_dot(page: Page) -> None:
    x, y, width, height = corners(page)
    place = page.evaluate("fetch('/api/map').then((one) => one.json()).then((all) => [all.x[0], all.y[0]])")
    # the middle of the map is (0.5, 0.5); it is drawn with a margin
    page.mouse.click(x + (place[0] - 0.5) * 0.92 * width + width / 2, y + (place[1] - 0.5) * 0.88 * height + height / 2)
    expect(page.locator("#viewer-facts dl")).to_be_visible()


def test_a_dot_opens_its_photo_which_is_closed_into_the_map(map_page: Page) -> None:
    open_a_dot(map_page)
    map_page.keyboard.press("Escape")
    expect(map_page.locator("#viewer")).to_be_hidden()
    expect(map_page.locator("#map")).to_be_visible()


def test_more_like_a_photo_of_the_map_shows_the_results(map_page: Page) -> None:
    open_a_dot(map_page)
    map_page.click("#viewer-like")
    expect(map_page.locator("#map")).to_be_hidden()
    expect(map_page.locator(".chip img")).to_have_count(1)
    expect(map_page.locator("#status")).to_contain_text("strong among")


def test_what_is_caught_takes_the_place_of_the_search_and_leads_back_to_it(page: Page) -> None:
    page.fill("#words", "a red circle")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("strong among")
    page.click("#map-button")
    expect(page.locator("#map-search")).to_have_attribute("aria-pressed", "true")
    page.click("#map-search")
    expect(page.locator("#map-status")).to_have_text("29 photos")
    page.click("#map-seen")
    expect(page.locator("#status")).to_have_text("29 photos from the map")
    expect(page.locator("#words")).to_have_value("")
    for photo, name in (("home/red square.jpg", "a red square"), ("home/blue circle.jpg", " of 29, 15 ")):
        expect(tile_of(page, photo).locator(".open")).to_have_attribute("aria-label", re.compile(name))
    page.go_back()
    expect(page.locator("#words")).to_have_value("a red circle")
    expect(page.locator("#status")).to_contain_text("strong among")
    page.go_forward()
    expect(page.locator("#status")).to_have_text("29 photos from the map")
    page.click("#all-photos")
    expect(page.locator("#status")).to_have_text("29 photos")
    expect(page.locator("#all-photos")).to_be_hidden()


def test_marks_are_shown_on_what_is_caught(page: Page) -> None:
    marked = page.evaluate("fetch('/api/photos').then((one) => one.json()).then((all) => all.results[3].image_id)")
    mark = (
        "([id, is]) => fetch('/api/favourites', { method: 'POST', headers: { 'Content-Type': 'application/json' },"
        " body: JSON.stringify({ image_ids: [id], is_favourite: is }) })"
    )
    page.evaluate(mark, [marked, True])
    try:
        page.click("#map-button")
        expect(page.locator("#map-status")).to_have_text("29 photos")
        listing = Held(page, lambda url: url.endswith("/api/photos"))
        page.click("#map-seen")
        hearts = page.locator(".tile.is-favourite")
        expect(hearts).to_have_count(1)
        call = listing.take()
        answer = call.fetch()
        hearts.locator(".heart").click(force=True)
        expect(hearts).to_have_count(0)
        call.fulfill(response=answer)  # from before the click
        tile = tile_of(page, marked)
        expect(tile.locator(".open")).not_to_have_attribute("aria-label", re.compile(r"\.jpg"))
        tile.locator(".heart").click(force=True)
        expect(hearts).to_have_count(1)
    finally:
        page.evaluate(mark, [marked, False])


def test_what_is_in_view_can_be_asked_for_before_there_is_a_map(page: Page) -> None:
    Held(page, "**/api/map")
    page.click("#map-button")
    page.click("#map-seen")
    expect(page.locator("#map-status")).to_have_text("Drawing the map…")


def test_a_better_map_takes_the_place_of_the_first_with_names_of_groups(page: Page) -> None:
    first = page.evaluate("fetch('/api/map').then((one) => one.json())")
    group = {"x": 0.5, "y": 0.5, "num_images": 2, "image_id": first["image_ids"][0], "label": "shapes", "rows": [0, 3]}
    better = {**first, "x": [1 - x for x in first["x"]], "groups": [group]}
    held = Held(page, "**/api/map")
    page.click("#map-button")
    held.take().fulfill(json={**first, "is_final": False})
    expect(page.locator("#map-status")).to_have_text("29 photos; similar ones are being put together…")
    page.evaluate(  # what is written on the canvas from now on
        """() => { globalThis.written = new Set(); const { fillText } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
            globalThis.written.add(text);
            return fillText.call(this, text, ...more);
          }; }"""
    )
    held.take().fulfill(json={**better, "is_final": True})
    expect(page.locator("#map-status")).to_have_text("29 photos")
    until(page, "globalThis.written.has('shapes')")
    page.get_by_role("button", name="shapes: 2 photos").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("2 photos from the map")


def test_the_map_shows_the_photos_of_the_search_and_all_where_wanted(page: Page) -> None:
    page.fill("#words", "name:red")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("6 photos")
    page.click("#map-button")
    expect(page.locator("#map-status")).to_have_text("6 photos")
    page.click("#map-search")
    expect(page.locator("#map-search")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#map-status")).to_have_text("29 photos")
    page.click("#map-close")
    page.fill("#words", "")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("29 photos")
    page.click("#map-button")
    expect(page.locator("#map-status")).to_have_text("29 photos")
    expect(page.locator("#map-search")).to_be_hidden()
