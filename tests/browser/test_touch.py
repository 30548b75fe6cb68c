"""Fingers on a phone: events as the system sends them, not drawn up in the page."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from browser.drawn_library import COLOURS, SHAPES
from browser.served_page import stop_time, until

pytestmark = pytest.mark.browser
Point = tuple[float, float]
STEPS = 8


@pytest.fixture
def phone(open_page: Any, site: str) -> Page:
    """The page on a phone with a touch screen."""
    return open_page(
        f"{site}/#q=a+square&folder=home", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )


def drag(page: Page, *fingers: tuple[Point, Point], stays_ms: int = 0) -> None:
    """Puts one or two fingers down, moves each from its first place to its second, and lifts them.

    Args:
        page: touched.
        fingers: first and second place of each.
        stays_ms: how long they stay down, by the page's clock, which must be the test's.
    """
    devtools = page.context.new_cdp_session(page)

    def send(kind: str, places: Sequence[Point]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [start for start, _ in fingers])
    for step in range(1, STEPS + 1):
        part = step / STEPS
        send("touchMove", [(a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part) for a, b in fingers])
    if stays_ms:
        page.clock.run_for(stays_ms)
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


def test_the_buttons_of_the_map_are_in_one_line(phone: Page) -> None:
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.tap("#map-button")
    phone.tap("#map-search")  # all photos, not those of the search; it is below the others
    expect(phone.locator("#map-status")).to_have_text("29 photos")
    shown = phone.locator("#map header > :is(h2, button:not(#map-search)):visible")
    middles = shown.evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect(); return b.y + b.height / 2; })"
    )
    assert max(middles) - min(middles) < 4
    assert phone.evaluate("document.getElementById('map').scrollWidth <= innerWidth")


def test_two_fingers_come_closer_to_the_map(phone: Page) -> None:
    phone.tap("#map-button")
    phone.tap("#map-search")
    expect(phone.locator("#map-status")).to_have_text("29 photos")
    box = phone.locator("#map-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(phone, ((x - 30, y), (x - 60, y)), ((x + 30, y), (x + 60, y)))
    phone.tap("#map-seen")
    expect(phone.locator("#status")).to_contain_text("from the map")
    assert 0 < int((phone.locator("#status").text_content() or "").split()[0]) < 29


@pytest.mark.parametrize(("slip", "selected"), [(0, 1), (4, 1), (14, 0)])
def test_a_finger_that_stays_selects_even_if_it_trembles(phone: Page, slip: float, selected: int) -> None:
    box = phone.locator(".tile .open").nth(2).bounding_box()
    assert box is not None
    start = (box["x"] + 40, box["y"] + 40)
    stop_time(phone)
    drag(phone, (start, (start[0] + slip, start[1])), stays_ms=700)
    assert phone.locator(".tile.is-selected").count() == selected


def test_steps_are_there_for_fingers_and_zoom_buttons_are_not(phone: Page) -> None:
    open_first(phone)
    expect(phone.locator("#viewer-next")).to_be_in_viewport(ratio=1)
    expect(phone.locator("#zoom-in")).to_be_hidden()


@pytest.mark.parametrize("width", [390, *(pytest.param(width, marks=pytest.mark.slow) for width in (720, 1280))])
def test_terms_leave_room_for_words(open_page: Any, site: str, width: int) -> None:
    page = open_page(
        f"{site}/#q=beach&t=%2Bw%3Aa+very+long+term+of+words+here", viewport={"width": width, "height": 800}
    )
    assert page.evaluate(COVERED) == 0
    terms = [f"t=%2Bp%3A{quote(f'home/{colour} {shape}.jpg', safe='')}" for colour in COLOURS for shape in SHAPES]
    page.goto(f"{site}/#{'&'.join(terms)}")
    expect(page.locator(".chip img")).to_have_count(8)
    assert page.evaluate(COVERED) == 0
    box, words = page.locator("#box").bounding_box(), page.locator("#words").bounding_box()
    assert box is not None
    assert words is not None
    assert box["height"] < 160
    assert words["width"] > 180, "as wide as what is printed into it"


COVERED = """(() => {
  const words = document.getElementById("words").getBoundingClientRect();
  const seen = document.getElementById("chips").getBoundingClientRect();
  const isOver = ({ left, right, top, bottom }) =>
    right > words.left && left < words.right && Math.min(bottom, seen.bottom) > words.top && top < words.bottom;
  return [...document.querySelectorAll(".chip")].filter((chip) => isOver(chip.getBoundingClientRect())).length;
})()"""
