"""One photo in full, and many at once."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until

pytestmark = pytest.mark.browser


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
    assert "photo=" not in squares.url


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
    scale = "new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).a"
    squares.keyboard.press("+")
    assert squares.evaluate(scale) == pytest.approx(1.6)
    squares.hover("#stage")
    squares.mouse.wheel(0, -400)
    until(squares, f"{scale} > 2")
    squares.keyboard.press("0")
    assert squares.evaluate(scale) == 1


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
        squares.get_by_role("button", name="Zip").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert len(archive.namelist()) == 2
        for name in archive.namelist():
            assert archive.read(name) == (drawn / name).read_bytes()
    with squares.expect_download() as saved:
        squares.get_by_role("button", name="List").click()
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert {row["image_id"] for row in rows} == set(archive.namelist())
    squares.keyboard.press("Escape")
    expect(squares.locator("#selection")).to_be_hidden()
