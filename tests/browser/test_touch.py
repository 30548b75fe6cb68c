"""Fingers on a phone: events as the system sends them, not drawn up in the page."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until

pytestmark = pytest.mark.browser
Point = tuple[float, float]
STEPS = 8


@pytest.fixture
def phone(open_page: Any, site: str) -> Page:
    """The page on a phone with a touch screen."""
    return open_page(
        f"{site}/#q=a+square&folder=home", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )


def drag(page: Page, *fingers: tuple[Point, Point]) -> None:
    """Puts one or two fingers down, moves each from its first place to its second, and lifts them."""
    devtools = page.context.new_cdp_session(page)

    def send(kind: str, places: Sequence[Point]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [start for start, _ in fingers])
    for step in range(1, STEPS + 1):
        part = step / STEPS
        send("touchMove", [(a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part) for a, b in fingers])
    send("touchEnd", [])
    devtools.detach()


def open_first(page: Page) -> tuple[float, float]:
    """Opens the first photo; the middle of its stage."""
    page.locator(".tile .open").first.tap()
    expect(page.locator("#viewer-facts dl")).to_be_attached()
    until(page, "document.getElementById('viewer-picture').naturalWidth > 0")
    box = page.locator("#stage").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def scale(page: Page) -> float:
    """How much larger than its frame the photo is."""
    return float(
        page.evaluate("new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).a")
    )


def test_a_swipe_leads_to_the_next_photo_and_back(phone: Page) -> None:
    x, y = open_first(phone)
    first = phone.locator("#viewer-name").text_content() or ""
    drag(phone, ((x + 100, y), (x - 100, y)))
    expect(phone.locator("#viewer-name")).not_to_have_text(first)
    drag(phone, ((x - 100, y), (x + 100, y)))
    expect(phone.locator("#viewer-name")).to_have_text(first)
    drag(phone, ((x + 10, y), (x - 20, y)))
    expect(phone.locator("#viewer-name")).to_have_text(first)


def test_two_fingers_make_a_photo_larger_and_then_one_moves_it(phone: Page) -> None:
    x, y = open_first(phone)
    first = phone.locator("#viewer-name").text_content() or ""
    drag(phone, ((x - 30, y), (x - 90, y)), ((x + 30, y), (x + 90, y)))
    larger = scale(phone)
    assert 2.5 < larger < 3.5
    drag(phone, ((x + 100, y), (x - 100, y)))
    expect(phone.locator("#viewer-name")).to_have_text(first)
    assert phone.evaluate(
        "new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).e"
    ) == pytest.approx(-200, abs=40)
    drag(phone, ((x - 120, y), (x - 10, y)), ((x + 120, y), (x + 10, y)))
    assert scale(phone) == 1


def test_the_page_itself_is_not_zoomed_or_left_by_fingers_on_a_photo(phone: Page) -> None:
    x, y = open_first(phone)
    drag(phone, ((x - 30, y), (x - 90, y)), ((x + 30, y), (x + 90, y)))
    assert phone.evaluate("visualViewport.scale") == 1
    expect(phone.locator("#viewer")).to_be_visible()


def test_two_fingers_come_closer_to_the_map(phone: Page) -> None:
    with phone.expect_response("**/api/map"):
        phone.tap("#map-button")
    expect(phone.locator("#map-status")).to_have_text("29 photos")
    box = phone.locator("#map-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(phone, ((x - 30, y), (x - 60, y)), ((x + 30, y), (x + 60, y)))
    phone.tap("#map-seen")
    expect(phone.locator("#status")).to_contain_text("from the map")
    assert 0 < int((phone.locator("#status").text_content() or "").split()[0]) < 29
