"""Photos are called by their captions or dates, for those who hear the page; by their files only where that is all."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.drawn_library import LONG, MARKUP, ODD_CAPTIONS
from browser.test_search import N_PHOTOS
from browser.tiles import called, ids, tile_of

pytestmark = pytest.mark.browser
CAPTIONED, DATED = "home/red square.jpg", "home/blue circle.jpg"
EVERY_NAME = """[...document.querySelectorAll(".tile button, .strip button, .chip button, .chip img, #viewer-picture")]
  .map((one) => one.ariaLabel ?? one.alt)"""
FLORENCE = "Italy|Tuscany|Florence"


def placed(route: Any) -> None:
    """Answers as if one of the photos had a place, and another a long caption."""
    answer = route.fetch()
    told = answer.json()
    for one in told["results"]:
        one["place"] = FLORENCE if one["image_id"] == DATED else None
        if one["image_id"] == "home/green circle.jpg":
            one["caption"] = "a meadow with\n many flowers " * 5
    route.fulfill(response=answer, json=told)


@pytest.fixture
def whole(open_page: Any, site: str) -> Page:
    """The page with all photos of the library in it."""
    page = open_page("about:blank", wait=False, viewport={"width": 1280, "height": 2000})
    page.route("**/api/photos?*", placed)
    page.goto(f"{site}/#sort=name")
    expect(page.locator(".tile")).to_have_count(N_PHOTOS)
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    return page


def test_no_photo_is_called_by_its_file_where_more_is_known(whole: Page) -> None:
    by_id = dict(zip(ids(whole), called(whole), strict=True))
    number = {one: place for place, one in enumerate(by_id, 1)}
    date = by_id[DATED].split(", ", 1)[1]
    assert by_id[CAPTIONED].startswith(f"{number[CAPTIONED]} of {N_PHOTOS}, {ODD_CAPTIONS[0]}, 15 ")
    assert (date[:3], date[-17:]) == ("15 ", ", Florence, Italy"), "the day, the time and the place"
    begun = by_id["home/green circle.jpg"].split(", ")[1]
    assert begun == "a meadow with many flowers a meadow with many flowers a meadow with many…"
    for name in (MARKUP, LONG):  # of which neither a caption nor a date is known
        assert by_id[f"odd/{name}"] == f"{number[f'odd/{name}']} of {N_PHOTOS}, {name}"
    labels = whole.evaluate(EVERY_NAME)
    assert len(labels) > 4 * N_PHOTOS
    files = {one.rpartition("/")[2] for one in by_id if not one.startswith("odd/")}
    assert [label for label in labels if any(name in label for name in files)] == []
    buttons = [label for label in labels if label]
    assert len(set(buttons)) == len(buttons), "each can be told from the others of its kind and its day"
    select = tile_of(whole, CAPTIONED).locator(".pick")
    assert select.get_attribute("aria-label") == f"Select photo {number[CAPTIONED]}: {ODD_CAPTIONS[0]}"


def test_an_open_photo_and_a_picture_to_search_by_are_called_by_a_caption_too(whole: Page) -> None:
    tile_of(whole, CAPTIONED).locator(".open").click()
    expect(whole.get_by_role("dialog", name=ODD_CAPTIONS[0], exact=True)).to_be_visible()
    picture = whole.locator("#viewer-picture")
    expect(picture).to_have_attribute("alt", ODD_CAPTIONS[0])
    expect(picture).to_have_attribute("lang", "")
    expect(whole.locator("#viewer-name")).to_have_text("red square.jpg")
    expect(whole.locator(".strip button")).not_to_have_count(0)
    files = [one.rpartition("/")[2] for one in ids(whole) if not one.startswith("odd/")]
    assert [name for name in whole.evaluate(EVERY_NAME) if any(file in name for file in files)] == []
    whole.keyboard.press("ArrowRight")  # a photo with a date alone
    expect(picture).not_to_have_attribute("lang", "")
    whole.keyboard.press("ArrowLeft")
    expect(picture).to_have_attribute("alt", ODD_CAPTIONS[0])
    whole.click("#viewer-plus")
    expect(whole.locator(".chip img")).to_have_attribute("alt", ODD_CAPTIONS[0])
    expect(whole.locator(".chip .remove")).to_have_attribute("aria-label", f"Remove {ODD_CAPTIONS[0]}")
