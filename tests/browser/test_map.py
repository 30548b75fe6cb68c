"""The map: dots, moving, a lasso that makes results."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until

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


def test_the_keyboard_zooms_and_shows_what_is_in_view(map_page: Page) -> None:
    map_page.locator("#map-canvas").focus()
    for key in ("+", "ArrowLeft"):
        map_page.keyboard.press(key)
    map_page.click("#map-seen")
    expect(map_page.locator("#status")).to_contain_text("from the map")
    caught = int((map_page.locator("#status").text_content() or "").split()[0])
    assert 0 < caught < 29


def test_a_dot_opens_its_photo(map_page: Page) -> None:
    x, y, width, height = corners(map_page)
    place = map_page.evaluate("fetch('/api/map').then((one) => one.json()).then((all) => [all.x[0], all.y[0]])")
    # the middle of the map is (0.5, 0.5); it is drawn with a margin
    map_page.mouse.click(
        x + (place[0] - 0.5) * 0.92 * width + width / 2, y + (place[1] - 0.5) * 0.88 * height + height / 2
    )
    expect(map_page.locator("#viewer")).to_be_visible()
