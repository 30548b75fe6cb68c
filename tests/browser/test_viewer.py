"""One photo in full, and many at once."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import Held, intercept, on_top, until, until_drawn
from browser.test_accessibility import faults
from browser.tiles import names

pytestmark = pytest.mark.browser
N_IN_HOME = 7
SCALE = "new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).a"


@pytest.fixture
def squares(open_page: Any, site: str) -> Page:
    """The page with the photos of one folder, by name of their colours."""
    return open_page(f"{site}/#q=a+square&folder=home")


def open_first(page: Page) -> None:
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts dl")).to_be_visible()


def test_a_photo_opens_with_its_facts_and_photos_like_it(squares: Page) -> None:
    open_first(squares)
    facts = squares.locator("#viewer-facts")
    for known in ("home", "Twin", "2020|2021|2022|2023"):
        assert any(part in (facts.text_content() or "") for part in known.split("|"))
    expect(facts.locator(".strip button")).to_have_count(9)
    until(squares, "document.getElementById('viewer-picture').naturalWidth > 0")


def test_arrow_keys_lead_through_the_results_and_the_address_follows(squares: Page) -> None:
    open_first(squares)
    first = squares.locator("#viewer-name").text_content()
    assert "photo=" in squares.url
    squares.keyboard.press("ArrowRight")
    expect(squares.locator("#viewer-name")).not_to_have_text(first or "")
    squares.keyboard.press("ArrowLeft")
    expect(squares.locator("#viewer-name")).to_have_text(first or "")
    expect(squares.locator("#viewer-before")).to_be_disabled()
    squares.keyboard.press("Escape")
    expect(squares.locator("#viewer")).to_be_hidden()
    expect(squares).not_to_have_url(re.compile("photo="))


def test_a_photo_that_is_opened_before_its_small_picture_is_there_can_be_zoomed(squares: Page) -> None:
    squares.route("**/thumbnail*", lambda route: route.abort())
    squares.reload()
    squares.locator(".tile .open").first.click()
    until(squares, "document.getElementById('stage').classList.contains('has-picture')")
    squares.keyboard.press("+")
    assert squares.evaluate(SCALE) == pytest.approx(1.6)


def test_going_back_closes_the_photo(squares: Page) -> None:
    open_first(squares)
    squares.go_back()
    expect(squares.locator("#viewer")).to_be_hidden()
    expect(squares.locator("#words")).to_have_value("a square")


def test_an_address_opens_a_photo_that_is_not_among_the_results(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home&photo=holiday%2Fwood%2Fgreen%20circle.jpg")
    expect(page.locator("#viewer-name")).to_have_text("green circle.jpg")


def test_the_wheel_and_the_keys_zoom(squares: Page) -> None:
    open_first(squares)
    squares.keyboard.press("+")
    assert squares.evaluate(SCALE) == pytest.approx(1.6)
    squares.hover("#stage")
    squares.mouse.wheel(0, -400)
    until(squares, f"{SCALE} > 2")
    squares.keyboard.press("0")
    assert squares.evaluate(SCALE) == 1


def test_the_file_is_downloaded_as_it_lies_in_the_library(squares: Page, drawn: Path) -> None:
    open_first(squares)
    name = squares.locator("#viewer-name").text_content() or ""
    with squares.expect_download() as saved:
        squares.click("#viewer-download")
    assert saved.value.suggested_filename == name
    assert Path(saved.value.path()).read_bytes() == (drawn / "home" / name).read_bytes()


def test_the_path_is_copied(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home", permissions=["clipboard-read", "clipboard-write"])
    open_first(page)
    page.click("#viewer-copy")
    expect(page.locator("#notice")).to_contain_text("Copied: home/")
    assert page.evaluate("navigator.clipboard.readText()").startswith("home/")


def test_more_like_this_and_less_like_this_become_terms(squares: Page) -> None:
    open_first(squares)
    with squares.expect_response("**/api/search/image"):
        squares.click("#viewer-like")
    expect(squares.locator("#viewer")).to_be_hidden()
    expect(squares.locator(".chip img")).to_have_count(1)
    expect(squares.locator("#words")).to_have_value("")
    squares.locator(".tile .open").nth(3).click()
    squares.click("#viewer-minus")
    expect(squares.locator(".chip.is-minus img")).to_have_count(1)
    assert "t=-p%3A" in squares.url


def test_several_photos_are_selected_and_searched_for_together(squares: Page) -> None:
    squares.locator(".tile").nth(0).hover()
    squares.locator(".tile .pick").nth(0).click()
    squares.locator(".tile .open").nth(3).click(modifiers=["Shift"])
    expect(squares.locator("#selection .count")).to_have_text("4 photos selected")
    squares.get_by_role("button", name="Similar").click()
    expect(squares.locator(".chip img")).to_have_count(4)
    expect(squares.locator("#selection")).to_be_hidden()


def test_selected_photos_come_as_a_zip_and_as_a_list(squares: Page, drawn: Path) -> None:
    for place in (0, 1):
        squares.locator(".tile").nth(place).hover()
        squares.locator(".tile .pick").nth(place).click()
    with squares.expect_download() as saved:
        squares.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert len(archive.namelist()) == 2
        for name in archive.namelist():
            assert archive.read(name) == (drawn / name).read_bytes()
    with squares.expect_download() as saved:
        squares.get_by_role("button", name="Table").click()
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert {row["image_id"] for row in rows} == set(archive.namelist())
    squares.keyboard.press("Escape")
    expect(squares.locator("#selection")).to_be_hidden()


def test_two_quick_clicks_on_next_lead_two_photos_on_and_do_not_zoom(squares: Page) -> None:
    shown = names(squares)
    open_first(squares)
    squares.dblclick("#viewer-next")
    expect(squares.locator("#viewer-name")).to_have_text(shown[2])
    assert squares.evaluate(SCALE) == 1
    for _ in shown[3:-1]:
        squares.keyboard.press("ArrowRight")
    expect(squares.locator("#viewer-name")).to_have_text(shown[-2])
    squares.dblclick("#viewer-next")
    expect(squares.locator("#viewer-name")).to_have_text(shown[-1])
    assert squares.evaluate(SCALE) == 1, "the second click met the photo: the first had taken the button away"


def test_the_keys_are_told_over_an_open_photo_too(squares: Page) -> None:
    open_first(squares)
    squares.keyboard.press("?")
    expect(squares.locator("#help")).to_be_visible()
    squares.keyboard.press("Escape")
    expect(squares.locator("#help")).to_be_hidden()
    expect(squares.locator("#viewer")).to_be_visible()


def test_a_double_click_on_the_photo_zooms(squares: Page) -> None:
    open_first(squares)
    squares.dblclick("#viewer-picture")
    assert squares.evaluate(SCALE) == 2.5


def test_a_key_shows_where_the_words_match_and_a_photo_found_by_a_picture_has_no_map(squares: Page) -> None:
    open_first(squares)
    why, line, veil = (squares.locator(one) for one in ("#viewer-why", ".why-line", ".veil-of-why"))
    expect(why).to_have_attribute("aria-pressed", "false")
    squares.keyboard.press("w")
    expect(line).to_contain_text("matches “a square”")
    expect(line).to_contain_text("strong match, cosine 0.")
    expect(why).to_have_attribute("aria-pressed", "true")
    expect(veil).to_be_visible()
    squares.keyboard.press("+")
    place = "one => JSON.stringify(one.getBoundingClientRect())"
    assert veil.evaluate(place) == squares.locator("#viewer-picture").evaluate(place), "it does not lie over the photo"
    squares.click("#viewer-why")
    expect(veil).to_be_hidden()
    squares.keyboard.press("w")
    expect(veil).to_be_visible()
    squares.keyboard.press("ArrowRight")
    expect(veil).to_be_hidden()
    expect(line).to_be_empty()
    with squares.expect_response(lambda answer: "images" in (answer.request.post_data or "")):
        squares.click("#viewer-like")
    expect(squares.locator("#status")).to_contain_text(f"among {N_IN_HOME} photos")
    squares.locator(".tile .open").first.click()
    squares.keyboard.press("w")
    expect(squares.locator(".reasons")).to_contain_text("Found by what it shows")
    expect(veil).to_be_hidden()


def test_the_parts_of_a_search_are_weighed_in_words(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+blue+square+%2B+0.5+waves+-+0.3+circle&folder=home")
    open_first(page)
    page.keyboard.press("w")
    reasons = page.locator(".reasons")
    expect(reasons.locator(".part")).to_have_text(["“a blue square”", "“waves”", "less of “circle”"])
    expect(reasons.get_by_text("counts most")).to_have_count(1)
    expect(reasons).to_contain_text("of 100 hits with such a score")
    assert "%" not in reasons.inner_text()
    assert faults(page) == []
    page.keyboard.press("w")
    expect(reasons).to_have_count(0)


def test_a_photo_that_is_not_where_it_was_found_any_more_has_no_reasons(squares: Page) -> None:
    open_first(squares)

    def another(route: Route) -> None:
        response = route.fetch()
        found = response.json()
        found["results"][0]["image_id"] = "another.jpg"
        route.fulfill(json=found)

    intercept(squares, "**/api/search/text", another)
    squares.keyboard.press("w")
    expect(squares.locator(".why-line")).to_contain_text("matches “a square”")
    expect(squares.locator(".reasons")).to_have_count(0)


def test_a_small_window_with_a_mouse_keeps_all_buttons(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home", viewport={"width": 720, "height": 450})
    page.locator(".tile .open").nth(1).click()
    for button in ("#viewer-before", "#viewer-next", "#zoom-in", "#zoom-out", "#viewer-info"):
        expect(page.locator(button)).to_be_in_viewport(ratio=1)


def test_the_keyboard_is_not_lost_at_the_first_photo(squares: Page) -> None:
    squares.locator(".tile .open").nth(1).click()
    second = squares.locator("#viewer-name").text_content() or ""
    squares.focus("#viewer-before")
    squares.keyboard.press("Enter")
    expect(squares.locator("#viewer-before")).to_be_disabled()
    expect(squares.locator("#viewer-close")).to_be_focused()
    squares.keyboard.press("ArrowRight")
    expect(squares.locator("#viewer-name")).to_have_text(second)


def test_a_notice_is_seen_over_the_photo(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+square&folder=home", permissions=["clipboard-read", "clipboard-write"])
    open_first(page)
    page.keyboard.press("c")
    expect(page.locator("#notice p")).to_be_visible()
    assert on_top(page, "#notice p")
    page.keyboard.press("Escape")
    expect(page.locator("#notice p")).to_be_visible()
    assert on_top(page, "#notice p")


def is_original(url: str) -> bool:
    """Whether an address is that of a photo itself, not of its thumbnail."""
    return "/api/image/" in url and "thumbnail" not in url


def test_a_photo_that_cannot_be_shown_says_so_and_the_next_one_does_not(squares: Page) -> None:
    name = names(squares)[1]

    def refuse(*, small: bool) -> None:
        def is_refused(url: str) -> bool:
            return name in unquote(url) and (is_original(url) or "size=2048" in url or (small and "size=" in url))

        intercept(squares, is_refused, lambda route: route.fulfill(status=500))

    until(squares, "!document.querySelector('.tile img:not(.is-loaded)')")
    refuse(small=False)
    open_first(squares)
    squares.keyboard.press("ArrowRight")
    expect(squares.locator("#stage")).to_contain_text("Only a small picture of this photo can be shown")
    expect(squares.locator("#viewer-picture")).to_be_visible()
    squares.keyboard.press("ArrowRight")
    expect(squares.locator("#viewer-picture")).to_be_visible()
    expect(squares.locator("#stage")).not_to_contain_text("can be shown")
    refuse(small=True)
    squares.keyboard.press("Escape")
    until(squares, "!location.hash.includes('photo=')")  # the history goes back in its own time
    squares.reload()
    expect(squares.locator(".tile.is-broken")).to_have_count(1)
    open_first(squares)
    squares.keyboard.press("ArrowRight")
    expect(squares.locator("#stage")).to_contain_text("This photo cannot be shown")
    expect(squares.locator("#viewer-picture")).to_be_hidden()


PICTURE = "decodeURIComponent(document.getElementById('viewer-picture').src)"


def test_the_next_photo_is_seen_small_at_once_and_sharp_when_it_has_come(squares: Page) -> None:
    held = Held(squares, is_original)
    open_first(squares)
    for key in ("", "ArrowRight", "ArrowRight"):
        if key:
            squares.keyboard.press(key)
        name = squares.locator("#viewer-name").text_content()
        shown = squares.evaluate(PICTURE)
        assert name in shown
        assert "thumbnail" in shown
        until(squares, "document.getElementById('viewer-picture').naturalWidth > 0")
    place = "JSON.stringify(document.getElementById('viewer-picture').getBoundingClientRect())"
    before = squares.evaluate(place)
    held.release()
    until(squares, f"!{PICTURE}.includes('thumbnail')")
    assert squares.evaluate(place) == before


def test_the_photos_before_and_after_are_fetched_ahead(squares: Page) -> None:
    shown = names(squares)
    asked: list[str] = []
    squares.on("request", lambda request: asked.append(unquote(request.url)) if is_original(request.url) else None)
    squares.locator(".tile .open").nth(2).click()
    originals = "performance.getEntriesByType('resource').filter(({ name }) => /api\\/image\\/[^/?]+$/.test(name))"
    until(squares, f"{originals}.length >= 3")  # which are there once they have come
    wanted = shown[1:4]
    came = [url.rpartition("/")[2] for url in asked]
    assert (sorted(came), came[0]) == (sorted(wanted), wanted[1]), "the open one has the line for itself"


def test_a_panorama_is_not_pushed_out_of_sight(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#folder=home&photo=home%2Fgreen%20circle.jpg", viewport={"width": 700, "height": 800})
    until(page, "document.getElementById('viewer-picture').naturalWidth > 0")
    page.keyboard.press("+")
    page.hover("#stage")
    page.mouse.down()
    page.mouse.move(350, 790, steps=4)
    page.mouse.up()
    moved = "new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).f"
    assert page.evaluate(moved) == 0, "all of its height is in view: there is nowhere to go"


def test_a_range_reaches_from_the_same_photo_whatever_its_place_now(squares: Page) -> None:
    anchor = names(squares)[0]
    squares.locator(".tile .open").first.click(modifiers=["Control"])
    squares.goto(f"{squares.url}&sort=date")
    expect(squares.locator(".row.title").first).to_be_visible()
    place = names(squares).index(anchor)
    assert place > 0
    squares.locator(".tile .open").nth(place - 1).click(modifiers=["Shift"])
    expect(squares.locator("#selection .count")).to_have_text("2 photos selected")


def test_a_range_from_a_photo_that_is_not_there_selects_one(squares: Page) -> None:
    squares.locator(".tile .open").nth(3).click(modifiers=["Control"])
    squares.goto(squares.url.replace("home", "holiday%2Fbeach"))
    expect(squares.locator("#folder")).to_have_value("holiday/beach")
    expect(squares.locator("#status")).to_contain_text("strong among")
    expect(squares.locator(".tile.is-selected")).to_have_count(0)
    squares.locator(".tile .open").first.click(modifiers=["Shift"])
    expect(squares.locator("#selection .count")).to_have_text("2 photos selected")


def test_late_answers_do_not_show_similar_photos_twice(squares: Page) -> None:
    squares.locator(".tile .open").first.focus()
    held = Held(squares, "**/api/search/image")
    squares.keyboard.press("Enter")
    calls = [held.take()]
    for key in ("ArrowRight", "ArrowLeft"):
        squares.keyboard.press(key)
        calls.append(held.take())
    for call in calls:
        with squares.expect_event("requestfinished", lambda request: "/search/image" in request.url):
            call.continue_()
        until_drawn(squares)
    expect(squares.locator("#viewer-facts .strip")).to_have_count(1)


def test_thumbs_refine_the_search_that_found_the_photo(squares: Page) -> None:
    open_first(squares)
    bad = squares.locator("#viewer-bad")
    name = squares.locator("#viewer-name").text_content() or ""
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    squares.keyboard.press("Escape")
    expect(squares.locator(f'.tile[data-id$="/{name}"]')).to_have_count(0)
    expect(squares.locator(".tile .open").first).to_be_visible()
    squares.evaluate(
        "fetch('api/feedback', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({query: 'a square', forget: true})})"
    )
