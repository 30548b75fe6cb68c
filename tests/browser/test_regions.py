"""A part of a photo as the query: drawn by mouse, finger or keys, shown in the box, kept in the address."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until
from browser.test_accessibility import faults
from browser.test_touch import drag

pytestmark = pytest.mark.browser
SEARCHED = "**/api/search/image"
NO_TERMS = 0


def open_first(page: Page) -> tuple[float, float, float, float]:
    """Opens a photo; where its picture is in the window: left, top, width, height."""
    page.locator(".tile .open").first.click()
    until(page, "document.getElementById('stage').classList.contains('has-picture')")
    return page.evaluate(  # type: ignore[no-any-return]
        """(() => {
          const picture = document.getElementById("viewer-picture"), box = picture.getBoundingClientRect();
          const fit = Math.min(box.width / picture.naturalWidth, box.height / picture.naturalHeight);
          const [width, height] = [fit * picture.naturalWidth, fit * picture.naturalHeight];
          return [box.left + (box.width - width) / 2, box.top + (box.height - height) / 2, width, height];
        })()"""
    )


def searched(page: Page, act: Any) -> dict[str, Any]:
    """What is sent when something is done: the first picture of the search."""
    with page.expect_request(lambda call: "search/image" in call.url and "images" in (call.post_data or "")) as sent:
        act()
    return sent.value.post_data_json["images"][0]  # type: ignore[no-any-return]


def test_a_part_that_is_drawn_by_mouse_is_searched_for_and_kept_in_the_address(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home")
    left, top, width, height = open_first(page)
    page.get_by_role("button", name="Search a part of this photo").click()
    page.mouse.move(left + 0.05 * width, top + 0.1 * height)
    page.mouse.down()
    page.mouse.move(left + 0.2 * width, top + 0.2 * height)
    page.mouse.move(left + 0.15 * width, top + 0.5 * height)
    page.mouse.up()
    assert faults(page) == []
    sent = searched(page, lambda: page.get_by_role("button", name="Search this part").click())
    drawn = [float(number) for number in sent["region"].split(",")]
    assert drawn == pytest.approx([0.05, 0.1, 0.1, 0.4], abs=0.01)
    expect(page.locator("#viewer")).to_be_hidden()
    chip = page.locator(".chip canvas")
    expect(chip).to_have_attribute("aria-label", re.compile(r"^a part of (?!.*\.jpg)"))  # its caption or its date
    expect(page.locator("#words")).to_have_value("")
    until(page, DRAWN)
    assert faults(page) == []
    page.reload()
    expect(chip).to_have_count(1)
    expect(page.locator("#status")).to_contain_text("among")
    assert sent["region"] in page.evaluate("decodeURIComponent(location.hash)")
    page.go_back()
    expect(page.locator("#words")).to_have_value("a square")
    expect(chip).to_have_count(NO_TERMS)
    page.go_forward()
    page.get_by_role("button", name="Remove a part of").click()
    expect(chip).to_have_count(NO_TERMS)


DRAWN = """document.querySelector(".chip canvas").getContext("2d").getImageData(28, 28, 1, 1).data[3] === 255"""


def test_a_part_is_moved_and_resized_by_keys_and_added_to_the_words(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home")
    open_first(page)
    name = page.locator("#viewer-name").text_content() or ""
    page.keyboard.press("r")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".region-bar [role=status]")).to_contain_text("48 by 52 hundredths")
    expect(page.locator("#viewer-name")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(page.locator(".region-bar")).to_be_hidden()
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("r")
    sent = searched(page, lambda: page.get_by_role("button", name="Add to search", exact=True).first.press("Enter"))
    assert sent["region"] == "0.25,0.25,0.5,0.5"
    expect(page.locator("#words")).to_have_value("a square")
    expect(page.locator(".chip canvas")).to_have_count(1)


def test_a_finger_moves_a_corner_of_the_part(open_page: Any, site: str) -> None:
    page = open_page(
        f"{site}/#q=a+square&folder=home", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    left, top, width, height = open_first(page)
    page.get_by_role("button", name="Search a part of this photo").tap()
    expect(page.locator(".region-bar")).to_be_in_viewport(ratio=1)
    corner = (left + 0.75 * width, top + 0.75 * height)
    drag(page, ((corner[0] + 5, corner[1] + 5), (corner[0] + 5 - 0.2 * width, corner[1] + 5 - 0.25 * height)))
    page.wait_for_timeout(600)  # sooner, it would be the second half of a double tap
    sent = searched(page, lambda: page.get_by_role("button", name="Search this part").tap())
    numbers = [float(number) for number in sent["region"].split(",")]
    assert numbers == pytest.approx([0.25, 0.25, 0.3, 0.25], abs=0.015)


def test_the_part_lies_in_what_is_seen_of_a_photo_that_is_zoomed(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home")
    left, top, width, height = open_first(page)
    page.mouse.dblclick(left + 0.8 * width, top + 0.8 * height)
    page.keyboard.press("r")
    page.keyboard.press("ArrowRight")
    sent = searched(page, lambda: page.keyboard.press("Enter"))
    x, y, across, down = [float(number) for number in sent["region"].split(",")]
    assert x > 0.5
    assert y > 0.5
    assert across < 0.25
    assert down < 0.25


def test_an_address_with_a_region_that_is_none_still_shows_photos(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#t=%2Br:0.9,0.9,5,5:home/red+square.jpg", wait=False)
    expect(page.locator("#status")).to_contain_text("region")


def test_a_part_of_a_video_is_searched_for_with_its_moment(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home")

    def as_video(route: Any) -> None:
        route.fulfill(json={**route.fetch().json(), "duration_s": 9.0})

    page.route("**/api/photo/*", as_video)
    found = page.request.get(f"{site}/api/photos?limit=1").json()
    page.route(SEARCHED, lambda route: route.fulfill(json=found))
    open_first(page)
    until(page, "document.querySelector('.facts, #facts, #viewer-facts')?.textContent.length > 0")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Search this part")).to_be_visible()
    assert searched(page, lambda: page.keyboard.press("Enter"))["region"].endswith("@0")
    expect(page.locator(".chip canvas")).to_be_visible()
    assert "@0" in page.evaluate("decodeURIComponent(location.hash)")
