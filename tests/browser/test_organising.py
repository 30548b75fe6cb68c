"""Stars, tags and albums, given to one photo in the viewer or to several that are selected."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import intercept, until
from browser.test_accessibility import faults
from browser.tiles import tile_of

pytestmark = pytest.mark.browser
CIRCLE, SQUARE = "home/blue circle.jpg", "home/blue square.jpg"


@pytest.fixture
def circle(open_page: Any, site: str) -> Iterator[Page]:
    """An open photo; what is given to it here is taken away again."""
    page = open_page(f"{site}/#folder=home&sort=name&photo={quote(CIRCLE, safe='')}")
    expect(page.locator("#viewer-given")).to_be_visible()
    yield page
    take_all_away(page)


def take_all_away(page: Page) -> None:
    """Of both photos; also the albums."""
    for photo in (CIRCLE, SQUARE):
        facts = facts_of(page, photo)
        page.request.post("/api/ratings", data={"image_ids": [photo], "stars": 0})
        if facts["tags"]:
            page.request.post("/api/tags", data={"image_ids": [photo], "tags": facts["tags"], "is_tagged": False})
        for text in facts["captions"]:
            page.request.post("/api/captions", data={"image_id": photo, "caption": text, "is_there": False})
        for album in facts["albums"]:
            page.request.delete("/api/albums", params={"name": album})


def facts_of(page: Page, photo: str) -> Any:
    return page.request.get(f"/api/photo/{quote(photo, safe='')}").json()


@pytest.fixture
def open_page(open_page: Any, site: str) -> Any:
    """Opens addresses, whose pages ask the server for paths."""
    return lambda address, **options: open_page(address, base_url=site, **options)


def test_stars_are_given_by_key_and_by_click_and_taken_away(circle: Page) -> None:
    stars = circle.locator("#viewer-given .stars .is-on")
    circle.keyboard.press("4")
    expect(stars).to_have_count(4)
    expect(circle.locator("#notice")).to_contain_text("4 stars.")
    assert facts_of(circle, CIRCLE)["rating"] == 4
    circle.get_by_role("button", name="2 stars").click()
    expect(stars).to_have_count(2)
    circle.get_by_role("button", name="2 stars").click()  # its own number
    expect(stars).to_have_count(0)
    circle.keyboard.press("5")
    expect(stars).to_have_count(5)
    circle.keyboard.press("+")
    circle.keyboard.press("0")  # shows all of the photo
    expect(stars).to_have_count(5)
    circle.keyboard.press("0")
    expect(stars).to_have_count(0)


def test_a_tag_is_typed_suggested_found_and_taken_away(circle: Page) -> None:
    circle.request.post("/api/tags", data={"image_ids": [SQUARE], "tags": ["Garden party", "Uncle Fritz"]})
    circle.keyboard.press("t")
    circle.keyboard.type("uncle FRITZ")  # letters that mean something outside of the box, too
    circle.keyboard.press("Enter")
    tags = circle.get_by_role("list", name="Tags", exact=True)
    expect(tags.get_by_role("button", name="Uncle Fritz", exact=True)).to_be_visible()
    circle.keyboard.type("party")
    option = circle.get_by_role("option", name="Garden party")
    expect(option).to_contain_text("1 photo")
    option.click()
    expect(tags.locator("li")).to_have_count(2)
    assert facts_of(circle, CIRCLE)["tags"] == ["Garden party", "Uncle Fritz"]
    circle.get_by_role("button", name="Remove: Uncle Fritz").click()
    expect(tags.locator("li")).to_have_count(1)
    tags.get_by_role("button", name="Garden party", exact=True).click()
    expect(circle.locator("#viewer")).to_be_hidden()
    expect(circle.locator("#status")).to_have_text("2 photos")
    chip = circle.get_by_role("list", name="Chosen filters")
    expect(chip).to_contain_text("Tag: Garden party")
    chip.get_by_role("button").click()
    expect(circle.locator("#status")).to_have_text("29 photos")


def test_suggestions_stay_in_the_window_of_a_phone(open_page: Any, site: str) -> None:
    page = open_page(site, viewport={"width": 360, "height": 500}, has_touch=True, is_mobile=True)
    page.request.post("/api/tags", data={"image_ids": [SQUARE], "tags": [f"tag {number}" for number in range(20)]})
    page.locator(".tile .open").first.tap()
    page.locator("#viewer-info").tap()
    page.get_by_role("combobox", name="Add a tag").tap()
    shown = page.get_by_role("listbox")
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    take_all_away(page)
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 500


def test_a_suggested_tag_is_accepted_by_a_click(circle: Page) -> None:
    told = {"image_id": CIRCLE, "tags": [], "suggested": [{"tag": "circle", "grade": "likely", "probability": 0.8}]}
    intercept(circle, "**/tags?*", lambda route: route.fulfill(json=told))
    circle.get_by_role("button", name="Suggest tags").click()
    circle.get_by_role("button", name="Add the tag circle, likely").click()
    expect(circle.get_by_role("list", name="Tags", exact=True)).to_contain_text("circle")
    expect(circle.locator(".suggested-tags")).to_contain_text("No other tag fits this photo.")
    assert facts_of(circle, CIRCLE)["tags"] == ["circle"]


def test_a_caption_is_written_changed_removed_and_brought_back(circle: Page) -> None:
    captions = circle.get_by_role("region", name="Captions", exact=True)
    captions.get_by_role("button", name="Add a caption").click()
    circle.keyboard.type("ab oval")
    circle.keyboard.press("Escape")  # leaves the box, not the photo
    expect(circle.locator("#viewer")).to_be_visible()
    expect(captions.locator("textarea")).to_have_count(0)
    circle.keyboard.press("Enter")
    circle.keyboard.type("a blue dot <b>")
    circle.keyboard.press("Enter")
    expect(captions.locator("li")).to_have_text("a blue dot <b>")
    captions.get_by_role("button", name="Change the caption: a blue dot <b>").click()
    captions.locator("textarea").fill("a round blue dot")
    captions.get_by_role("button", name="Save").click()
    expect(captions.locator("li")).to_have_text("a round blue dot")
    expect(circle.get_by_role("dialog", name="a round blue dot", exact=True)).to_be_visible()
    expect(tile_of(circle, CIRCLE).locator(".open")).to_have_attribute("aria-label", re.compile(", a round blue dot, "))
    assert facts_of(circle, CIRCLE)["captions"] == ["a round blue dot"]
    assert faults(circle) == []
    captions.get_by_role("button", name="Change the caption").click()
    captions.get_by_role("button", name="Remove").click()
    expect(captions.locator("li")).to_have_count(0)
    circle.get_by_role("button", name="Undo").click()
    expect(captions.locator("li")).to_have_text("a round blue dot")


def test_a_caption_brought_back_after_moving_on_names_its_own_photo(circle: Page) -> None:
    circle.request.post("/api/captions", data={"image_id": CIRCLE, "caption": "a blue dot"})
    captions = circle.get_by_role("region", name="Captions", exact=True)
    circle.keyboard.press("ArrowRight")
    expect(circle.locator("#viewer-name")).not_to_have_text("blue circle.jpg")
    circle.keyboard.press("ArrowLeft")
    captions.get_by_role("button", name="Change the caption: a blue dot").click()
    captions.get_by_role("button", name="Remove").click()
    own = tile_of(circle, CIRCLE).locator(".open")
    expect(own).not_to_have_attribute("aria-label", re.compile("a blue dot"))
    circle.keyboard.press("ArrowRight")
    expect(circle.locator("#viewer-name")).not_to_have_text("blue circle.jpg")
    circle.get_by_role("button", name="Undo").click()
    expect(own).to_have_attribute("aria-label", re.compile(", a blue dot, "))
    expect(circle.get_by_role("dialog", name="a blue dot", exact=True)).to_have_count(0)
    circle.keyboard.press("ArrowLeft")  # the pressed button is gone, and the keys go on
    expect(circle.get_by_role("dialog", name="a blue dot", exact=True)).to_be_visible()


def test_a_caption_being_written_survives_a_server_that_goes_and_comes(circle: Page) -> None:
    is_away = True
    for calls in ("**/api/captions", "**/health"):
        intercept(circle, calls, lambda route: route.abort("connectionrefused") if is_away else route.fallback())
    expect(circle.locator(".strip button").first).to_be_visible()
    circle.get_by_role("button", name="Add a caption").click()
    box = circle.locator("#viewer textarea")
    expect(box).to_be_focused()
    box.fill("a blue dot, at dusk")
    box.press("Enter")
    expect(circle.locator("#away")).to_be_visible()
    with circle.expect_response("**/api/search/image"):  # asked for once the photo is described anew
        is_away = False
        circle.click("#away-retry")
    expect(circle.locator("#away")).to_be_hidden()
    expect(box).to_have_value("a blue dot, at dusk")
    box.press("Enter")
    expect(circle.get_by_role("dialog", name="a blue dot, at dusk", exact=True)).to_be_visible()


def test_the_keys_go_on_from_any_button_beside_the_photo(circle: Page) -> None:
    name = circle.locator("#viewer-name")
    circle.get_by_role("button", name="Add a caption").focus()
    circle.keyboard.press("ArrowRight")
    expect(name).not_to_have_text("blue circle.jpg")
    circle.keyboard.press("ArrowLeft")
    expect(name).to_have_text("blue circle.jpg")
    circle.locator(".strip button").first.press("Enter")  # it goes as another photo is opened
    expect(name).not_to_have_text("blue circle.jpg")
    circle.get_by_role("button", name="Add a caption").focus()
    for is_shown in ("false", "true"):  # the panel goes, and comes back
        circle.keyboard.press("i")
        expect(circle.locator("#viewer-info")).to_have_attribute("aria-pressed", is_shown)


def test_a_suggested_caption_is_taken_by_a_click(circle: Page) -> None:
    told = {"results": [{"caption": "a blue balloon", "grade": "likely"}, {"caption": "the sky", "grade": None}]}
    intercept(circle, "**/api/search/captions", lambda route: route.fulfill(json=told))
    captions = circle.get_by_role("region", name="Captions", exact=True)
    captions.get_by_role("button", name="Suggest captions").click()
    captions.get_by_role("button", name="Take as a caption: a blue balloon, likely").click()
    expect(captions.locator(".captions li")).to_have_text("a blue balloon")
    expect(captions.get_by_role("list", name="Suggested captions").locator("li")).to_have_text("the sky")
    assert facts_of(circle, CIRCLE)["captions"] == ["a blue balloon"]
    assert faults(circle) == []


def test_a_selection_gets_stars_tags_and_albums(circle: Page) -> None:
    circle.keyboard.press("Escape")
    for place in (0, 1):
        circle.locator(".tile .pick").nth(place).click(force=True)
    circle.get_by_role("button", name="Organise").click()
    panel = circle.get_by_role("dialog", name="Organise 2 photos")
    panel.get_by_role("button", name="3 stars").click()
    expect(circle.locator("#notice")).to_contain_text("2 photos: 3 stars.")
    panel.get_by_role("textbox", name="Add a tag").or_(panel.get_by_role("combobox", name="Add a tag")).fill("blue")
    circle.keyboard.press("Enter")
    expect(circle.locator("#notice")).to_contain_text("2 photos tagged “blue”.")
    panel.get_by_role("combobox", name="Put into an album").fill("Round and square")
    circle.keyboard.press("Enter")
    expect(circle.locator("#notice")).to_contain_text("2 photos put into “Round and square”.")
    for photo in (CIRCLE, SQUARE):
        facts = facts_of(circle, photo)
        assert (facts["rating"], facts["tags"], facts["albums"]) == (3, ["blue"], ["Round and square"])
    panel.get_by_role("combobox", name="Take a tag away").fill("BLUE")  # told as it is written
    circle.keyboard.press("Enter")
    expect(circle.locator("#notice")).to_contain_text("2 photos no longer tagged “blue”.")


def test_what_the_page_itself_changes_is_no_news(circle: Page) -> None:
    before = circle.request.get("/api/stats").json()["generation"]
    circle.keyboard.press("t")
    circle.keyboard.type("news")
    circle.keyboard.press("Enter")
    expect(circle.get_by_role("button", name="Remove: news")).to_be_visible()
    assert circle.request.get("/api/stats").json()["generation"] > before
    with circle.expect_response("**/api/stats"):
        circle.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(circle, "!document.getElementById('notice').textContent.includes('changed')")


def test_a_library_that_can_only_be_read_says_so(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#folder=home&sort=name")
    told = {"key_needed": False, "is_valid": True, "max_top_k": 1000, "key_name": None, "signed_in": False}
    told |= {"scopes": ["search", "curate", "index"], "read_only": True}
    intercept(page, "**/api/session", lambda route: route.fulfill(json=told))
    page.reload()
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts dl")).to_be_visible()
    expect(page.locator("#viewer-heart")).to_be_hidden()
    expect(page.locator("#viewer-given .stars")).to_have_count(0)
    page.keyboard.press("3")
    expect(page.locator("#notice")).to_contain_text("a place that cannot be written")


def test_letters_of_captions_are_no_commands(circle: Page) -> None:
    """Each of them is a key of the viewer, of its slide show or of its parts."""
    circle.get_by_role("button", name="Add a caption").click()
    circle.keyboard.type("parks wildlife scripts")
    circle.keyboard.press("Enter")
    expect(circle.locator("#viewer-given")).to_contain_text("parks wildlife scripts")
    expect(circle.get_by_role("group", name="Part of the photo")).to_be_hidden()
    expect(circle.get_by_role("group", name="Slide show")).to_be_hidden()


def test_tags_that_fit_for_sure_are_given_to_selected_photos_and_taken_back(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#folder=home&sort=name")
    answers = {
        "results": [{"image_id": CIRCLE, "suggested": [{"tag": "round", "grade": "strong", "probability": 0.9}]}]
    }
    asked: list[Any] = []

    def answer(route: Any) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(json={**answers, "changed": 1, "language": "en"})

    intercept(page, "**/api/tags/suggest", answer)
    tile_of(page, CIRCLE).locator(".pick").click(force=True)
    page.get_by_role("button", name="Organise").click()
    page.get_by_role("button", name="Add the tags that fit for sure").click()
    expect(page.locator("#notice")).to_contain_text("1 photo got tags: round.")
    assert asked == [{"image_ids": [CIRCLE], "accept": True}]
    with page.expect_request("**/api/tags") as undone:
        page.get_by_role("button", name="Undo", exact=True).click()
    assert undone.value.post_data_json == {"image_ids": [CIRCLE], "tags": ["round"], "is_tagged": False}
