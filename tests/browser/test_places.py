"""The map of places: clusters that come apart, an area that is drawn, by mouse, keys and fingers."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.served_page import Held, ServedPage, until, until_at_rest
from browser.test_accessibility import faults
from browser.test_touch import drag
from twinlens.collection.collection import Collection

pytestmark = pytest.mark.browser
PARIS, VERSAILLES, FLORENCE = (48.8566, 2.3522), (48.8049, 2.1204), (43.77, 11.25)
POSITIONS = {"holiday/beach": PARIS, "holiday/wood": VERSAILLES}  # eight photos in each folder


@pytest.fixture(scope="module")
def placed_site(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of the drawn library, of which 17 photos have a position."""
    library = Path(shutil.copytree(drawn, tmp_path_factory.mktemp("placed") / "photos"))
    with Collection.open(library) as collection, collection.catalog.transaction() as sql:
        change = "UPDATE photos SET latitude = ?, longitude = ? WHERE path LIKE ?"
        sql.executemany(change, [(*position, f"{folder}/%") for folder, position in POSITIONS.items()])
        sql.execute(change, (*FLORENCE, "home/red square.jpg"))
    served = ServedPage(library)
    yield served.url
    served.stop()


def open_map(page: Page) -> Locator:
    """The clusters, once the map shows all that there are."""
    page.click("#places-button")
    expect(page.locator("#places-status")).to_have_text("17 of 29 photos with a place")
    clusters = page.locator("#places .cluster")
    expect(clusters.first).to_be_visible()
    return clusters


def draw_around_everything(page: Page) -> None:
    page.click("#places-draw")
    box: Any = page.locator("#places-body").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 40, steps=4)
    page.mouse.up()


def test_clusters_come_apart_and_a_drawn_area_is_a_filter_that_stays(open_page: Any, placed_site: str) -> None:
    page = open_page(placed_site)
    page.emulate_media(reduced_motion="reduce")
    clusters = open_map(page)
    names = "all => all.map((one) => one.getAttribute('aria-label')).sort()"
    until(page, f"({names})([...document.querySelectorAll('.cluster')]).length === 2")
    assert clusters.evaluate_all(names) == ["1 photo around Florence, Italy", "16 photos around Paris, France"]
    until_at_rest(page)
    assert faults(page) == []
    clusters.filter(has_text="16").click()  # comes apart
    expect(clusters.filter(has_text="8")).to_have_count(2)
    draw_around_everything(page)
    expect(page.locator("#places")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("16 photos")
    expect(page.locator("#chosen .chip")).to_contain_text("Area: 48.")
    assert "within=" in page.url
    page.reload()
    expect(page.locator("#status")).to_have_text("16 photos")
    open_map(page)  # shows all, and where the area is
    page.keyboard.press("Escape")
    page.click("#chosen .remove")
    expect(page.locator("#status")).to_have_text("29 photos")
    page.go_back()
    expect(page.locator("#status")).to_have_text("16 photos")


def test_the_map_shows_what_the_search_finds_and_keys_search_what_is_in_view(open_page: Any, placed_site: str) -> None:
    page = open_page(f"{placed_site}/#folder=holiday%2Fbeach")
    page.click("#places-button")
    expect(page.locator("#places-status")).to_have_text("8 of 8 photos with a place")
    expect(page.locator(".cluster")).to_have_count(1)
    page.locator("#places-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#places")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("8 photos")
    expect(page.locator("#chosen .chip")).to_have_count(1)
    page.click("#chosen .remove")
    page.click("#places-button")
    page.locator(".cluster").click()  # photos of one place do not come apart: they are shown
    expect(page.locator("#places")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("8 photos")


def test_a_photo_alone_opens_above_the_map(open_page: Any, placed_site: str) -> None:
    page = open_page(placed_site)
    clusters = open_map(page)
    clusters.and_(page.get_by_label("1 photo around Florence, Italy")).press("Enter")
    expect(page.locator("#viewer-name")).to_have_text("red square.jpg")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#places")).to_be_visible()


def test_two_fingers_come_closer_on_a_phone(open_page: Any, placed_site: str) -> None:
    page = open_page(placed_site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    open_map(page)
    middles = "all => all.map(one => { const b = one.getBoundingClientRect(); return b.y + b.height / 2; })"
    lines = page.locator("#places header > :is(h2, button):visible").evaluate_all(middles)
    assert max(lines) - min(lines) < 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    scale = page.locator("#places-scale").text_content()
    drag(page, ((170, 400), (90, 400)), ((190, 400), (270, 400)))
    expect(page.locator("#places-scale")).not_to_have_text(scale or "")


def test_without_a_place_the_map_says_how_photos_get_one(page: Page) -> None:
    held = Held(page, "**/api/places/map*")
    page.click("#places-button")
    expect(page.locator("#places-status")).to_have_text("Drawing the map…")
    expect(page.locator("#places-empty")).to_be_hidden()
    held.release()
    expect(page.locator("#places-empty")).to_contain_text("No photo here has a place")
    expect(page.locator("#places-status")).to_have_text("0 of 29 photos with a place")
    expect(page.locator("#places-draw")).to_be_disabled()


def test_photos_around_the_world_are_all_in_view_on_a_phone(page: Page) -> None:
    corners = page.evaluate(
        """async () => {
          const main = document.querySelector('script[type=module]').src;
          const { WorldView } = await import(new URL('places/world_view.js', main));
          const view = new WorldView();
          view.resize(390, 760);
          view.fit({ west: -74, south: -34, east: 140, north: 64 });
          return [view.toPixels(-74, 64), view.toPixels(140, -34)];
        }"""
    )
    (left, top), (right, bottom) = corners
    assert 0 < left < right < 390
    assert 0 < top < bottom < 760
