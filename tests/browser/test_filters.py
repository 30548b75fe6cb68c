"""Filters, order, favourites."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import ServedPage

pytestmark = pytest.mark.browser


@pytest.fixture
def own_site(drawn: Path, tmp_path: Path) -> Iterator[ServedPage]:
    """A server of a library that the test may change."""
    served = ServedPage(Path(shutil.copytree(drawn, tmp_path / "photos")))
    yield served
    served.stop()


def test_dates_folder_and_camera_narrow_the_library(page: Page) -> None:
    page.click("#filters-button")
    expect(page.locator("#folder option")).to_have_count(6)
    page.select_option("#folder", "holiday")
    expect(page.locator("#status")).to_have_text("16 photos")
    page.select_option("#camera", "Twin Box")
    expect(page.locator("#status")).to_have_text("8 photos")
    page.fill("#after", "2022-01-01")
    expect(page.locator("#status")).to_have_text("4 photos")
    expect(page.locator("#filters-button")).to_have_attribute("aria-label", "Filters, 3 in use")
    page.click("#no-filters")
    expect(page.locator("#status")).to_have_text("29 photos")


def test_filters_go_along_with_a_search(page: Page) -> None:
    page.click("#filters-button")
    page.select_option("#folder", "holiday/wood")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("8 photos, best match first")
    assert "folder=holiday%2Fwood" in page.url


def test_results_are_sorted_newest_first(page: Page) -> None:
    page.fill("#words", "a red circle")
    page.click("#filters-button")
    page.select_option("#sort", "date")
    expect(page.locator(".row.title h2").first).to_have_text("2023")
    years = page.locator(".row.title h2").all_text_contents()
    assert years[:4] == ["2023", "2022", "2021", "2020"]


def test_filters_that_let_nothing_through_say_so_and_can_be_cleared(page: Page) -> None:
    page.click("#filters-button")
    page.fill("#after", "2030-01-01")
    expect(page.locator("#nothing")).to_contain_text("No photo passes these filters")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#status")).to_have_text("29 photos")


def test_favourites_are_kept_by_the_server_and_filtered(own_site: ServedPage, open_page: Any) -> None:
    page = open_page(own_site.url)
    page.locator(".tile").first.hover()
    with page.expect_response("**/api/favourites"):
        page.locator(".tile .heart").first.click()
    expect(page.locator(".tile.is-favourite")).to_have_count(1)
    page.locator(".tile .open").nth(1).click()
    page.keyboard.press("f")
    expect(page.locator("#viewer-heart")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    other = open_page(f"{own_site.url}/#favourites=true")
    expect(other.locator("#status")).to_have_text("2 photos")
    expect(other.locator("#favourites")).to_have_attribute("aria-pressed", "true")
    other.locator(".tile").first.hover()
    other.locator(".tile .heart").first.click()
    expect(other.locator(".tile.is-favourite")).to_have_count(1)


def test_the_library_panel_follows_indexing_and_the_page_shows_the_new_photo(
    own_site: ServedPage, open_page: Any, tmp_path: Path
) -> None:
    from PIL import Image

    page = open_page(own_site.url)
    page.click("#library-button")
    expect(page.locator("#library-facts")).to_contain_text("29")
    expect(page.locator("#model-facts")).to_contain_text("512 numbers")
    Image.new("RGB", (300, 200), (90, 10, 90)).save(tmp_path / "photos" / "fresh.png")
    page.click("#reindex")
    expect(page.locator("#index-status")).to_have_text("Done: 1 added.")
    page.keyboard.press("Escape")
    expect(page.locator("#status")).to_have_text("30 photos")


def test_the_keyboard_stays_at_the_filters_when_they_are_cleared_or_closed(page: Page) -> None:
    page.click("#filters-button")
    page.select_option("#folder", "home")
    page.focus("#no-filters")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("29 photos")
    expect(page.locator("#filters-button")).to_be_focused()
    page.focus("#camera")
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#filters-button")).to_be_focused()
    expect(page.locator("#filters-button")).to_have_attribute("aria-expanded", "false")


def test_filters_that_were_closed_stay_closed_while_somebody_types(page: Page) -> None:
    page.click("#filters-button")
    page.select_option("#folder", "home")
    page.click("#filters-button")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("8 photos, best match first")
    expect(page.locator("#filters")).to_be_hidden()


def test_a_date_that_is_typed_is_searched_for_once_its_year_is_whole(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    page.click("#filters-button")
    page.focus("#after")
    before = page.evaluate("history.length")
    page.keyboard.type("11112022", delay=40)
    expect(page.locator("#status")).to_have_text("6 photos")
    assert page.input_value("#after") == "2022-11-11"
    assert [call for call in asked if re.search(r"\b0\d\d\d-", call)] == []
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    expect(page.locator("#status")).to_have_text("29 photos")
    expect(page.locator("#after")).to_have_value("")


def test_a_year_that_is_left_unfinished_does_not_stay(page: Page) -> None:
    page.click("#filters-button")
    page.focus("#after")
    page.keyboard.type("1111002", delay=40)
    page.select_option("#folder", "home")
    expect(page.locator("#status")).to_have_text("8 photos")
    assert page.input_value("#after") == ""
