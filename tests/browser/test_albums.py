"""Albums in the page: made of a search, opened, renamed, deleted and brought back; and the panel to browse by."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until_at_rest
from browser.test_accessibility import faults

pytestmark = pytest.mark.browser
BLUE = ["home/blue circle.jpg", "home/blue square.jpg"]


@pytest.fixture
def library(open_page: Any, site: str) -> Iterator[Page]:
    """The page; albums that are made here are deleted."""
    page = open_page(site, base_url=site)
    page.request.post("/api/albums", data={"name": "Blue ones", "image_ids": BLUE})
    yield page
    for album in page.request.get("/api/albums").json()["albums"]:
        page.request.delete("/api/albums", params={"name": album["name"]})


def names(page: Page) -> list[str]:
    return [one["name"] for one in page.request.get("/api/albums").json()["albums"]]


def photos_of(page: Page, album: str) -> list[str]:
    found = page.request.get("/api/albums/photos", params={"name": album}).json()["results"]
    return [one["image_id"] for one in found]


def open_albums(page: Page) -> None:
    page.click("#browse-button")
    page.click("#browse-albums")
    expect(page.locator("#albums")).to_be_visible()


def test_an_album_is_opened_in_its_own_order_and_photos_are_taken_out(library: Page) -> None:
    library.request.post("/api/albums/order", data={"name": "Blue ones", "image_ids": BLUE[::-1]})
    open_albums(library)
    until_at_rest(library)
    assert faults(library) == []
    library.locator(".album-open", has_text="Blue ones").click()
    expect(library.locator("#status")).to_have_text("2 photos")
    expect(library.get_by_role("list", name="Chosen filters")).to_contain_text("Album: Blue ones")
    expect(library.locator(".tile .open").first).to_have_attribute(
        "aria-label", re.compile("^1 of 2, 15 March 2022 at ")
    )
    library.locator(".tile .pick").nth(1).click(force=True)
    library.get_by_role("button", name="Organise").click()
    library.get_by_role("button", name="Put first in “Blue ones”").click()
    expect(library.locator("#notice")).to_contain_text("1 photo put first in “Blue ones”.")
    assert photos_of(library, "Blue ones") == BLUE
    library.get_by_role("button", name="Take out of “Blue ones”").click()
    expect(library.locator("#notice")).to_contain_text("1 photo taken out of “Blue ones”.")
    assert photos_of(library, "Blue ones") == BLUE[1:]


def test_the_search_that_is_shown_becomes_a_live_album(library: Page) -> None:
    library.goto("/#q=a+square&folder=home&orientation=landscape")
    library.reload()
    open_albums(library)
    box = library.get_by_role("combobox", name="Save this search as a live album")
    box.fill("Wide squares")
    box.press("Enter")
    card = library.locator(".album", has_text="Wide squares")
    expect(card).to_contain_text("Live · 4 photos")
    saved = {one["name"]: one["query"] for one in library.request.get("/api/albums").json()["albums"]}
    assert saved["Wide squares"] == "a square folder:home orientation:landscape"
    card.locator(".album-open").click()
    expect(library.locator("#status")).to_have_text("4 photos")
    expect(library.locator(".badge")).to_have_count(0)  # nobody asked how well they fit


def test_an_album_is_renamed_deleted_and_brought_back(library: Page) -> None:
    open_albums(library)
    chosen = library.get_by_role("button", name="Rename or delete: Blue ones").evaluate(
        "one => (one.click(), [document.activeElement.selectionStart, document.activeElement.selectionEnd])"
    )
    assert chosen == [0, len("Blue ones")], "before any key can be typed"
    library.keyboard.type("All blue")
    library.keyboard.press("Enter")
    expect(library.locator(".album", has_text="All blue")).to_be_visible()
    library.get_by_role("button", name="Rename or delete: All blue").click()
    library.get_by_role("button", name="Delete", exact=True).click()
    expect(library.locator("#albums-line")).to_contain_text("No albums yet.")
    assert names(library) == []
    library.get_by_role("button", name="Undo").click()
    expect(library.locator(".album", has_text="All blue")).to_contain_text("2 photos")
    found = library.request.get("/api/albums/photos", params={"name": "All blue"}).json()["results"]
    assert [one["image_id"] for one in found] == BLUE


def test_values_of_the_panel_become_filters_and_are_taken_back(library: Page) -> None:
    library.click("#browse-button")
    panel = library.get_by_role("complementary", name="Browse the library")
    panel.locator("summary", has_text="Folders").click()
    panel.get_by_role("button", name="Inside holiday").click()
    until_at_rest(library)
    assert faults(library) == []
    panel.get_by_role("button", name="beach 8").click()
    expect(library.locator("#status")).to_have_text("8 photos")
    beach = panel.get_by_role("button", name="beach 8")
    expect(beach).to_have_attribute("aria-pressed", "true")
    expect(beach).to_be_focused()
    panel.locator("summary", has_text="Years").click()
    panel.get_by_role("button", name="2023").click()
    expect(library.get_by_role("list", name="Chosen filters")).to_contain_text("Year: 2023")
    beach.click()
    expect(library).to_have_url(f"{library.url.split('#')[0]}#year=2023")
    library.reload()
    expect(panel.get_by_role("button", name="2023")).to_have_attribute("aria-pressed", "true")  # open as it was
    panel.locator("summary", has_text="Years").focus()
    library.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(library.locator("#browse-button")).to_be_focused()


def test_stars_are_in_the_panel_once_a_photo_has_some(library: Page) -> None:
    library.click("#browse-button")
    stars = library.locator("#browse summary", has_text="Stars")
    expect(library.locator("#browse summary", has_text="Folders")).to_be_visible()
    expect(stars).to_have_count(0)
    library.request.post("/api/ratings", data={"stars": 4, "image_ids": BLUE})
    library.reload()
    stars.click()
    library.get_by_role("button", name="3 stars or more").click()
    expect(library.locator("#status")).to_have_text("2 photos")
    expect(library.get_by_role("list", name="Chosen filters")).to_contain_text("Rating: 3 stars or more")
    library.request.post("/api/ratings", data={"stars": 0, "image_ids": BLUE})


def test_the_panel_covers_a_phone_until_something_is_chosen(open_page: Any, site: str) -> None:
    page = open_page(site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.locator("#browse-button").tap()
    panel = page.locator("#browse")
    panel.locator("summary", has_text="Cameras").tap()
    assert page.evaluate("document.querySelector('main').inert")
    camera = panel.locator(".facet[open] .facet-value").last
    box = camera.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert panel.evaluate("one => one.scrollWidth <= one.clientWidth")
    camera.tap()
    expect(panel).to_be_hidden()
    expect(page.locator("#status")).not_to_have_text("29 photos")
    assert not page.evaluate("document.querySelector('main').inert")
    page.locator("#browse-button").tap()
    page.locator("#browse-albums").tap()
    expect(page.locator("#albums-line")).to_contain_text("album")
    heading, line = page.locator("#albums-title").bounding_box(), page.locator("#albums-line").bounding_box()
    assert heading is not None
    assert line is not None
    assert line["y"] >= heading["y"] + heading["height"]  # below it, and not pressed between it and the button
