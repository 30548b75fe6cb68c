"""Photos whose files are gone: a label in place of a broken picture, everywhere on the page."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import Held, ServedPage

pytestmark = pytest.mark.browser
LOST = "home/red square.jpg"


@pytest.fixture
def lossy(drawn: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server of a library that has lost a photo since it was indexed."""
    library = Path(shutil.copytree(drawn, tmp_path / "photos"))
    (library / LOST).unlink()
    served = ServedPage(library)
    yield served.url, library
    served.stop()


def lost_tile(page: Page) -> Any:
    return page.locator(".tile.is-broken")


def test_a_photo_whose_file_is_gone_is_labelled_in_the_grid_and_alone(open_page: Any, lossy: tuple[str, Path]) -> None:
    page = open_page(f"{lossy[0]}/#q=red square")
    expect(lost_tile(page)).to_have_count(1)
    expect(lost_tile(page).locator(".broken-name")).to_contain_text("File is gone")
    expect(lost_tile(page).locator(".broken-name .name")).to_have_text("red square.jpg")
    assert lost_tile(page).locator("img").get_attribute("src") is None
    label = lost_tile(page).locator(".open").get_attribute("aria-label")
    assert label is not None
    assert label.endswith("file is gone")
    expect(page.locator("#status")).to_contain_text("files of photos are gone")
    lost_tile(page).locator(".open").click()
    expect(page.locator(".picture-fault")).to_have_text("File is gone: red square.jpg")


def test_without_a_search_and_by_its_address_it_is_labelled_too(open_page: Any, lossy: tuple[str, Path]) -> None:
    page = open_page(f"{lossy[0]}/#photo=home%2Fred%20square.jpg")
    expect(page.locator(".picture-fault")).to_have_text("File is gone: red square.jpg")
    page.click("#viewer-close")
    expect(lost_tile(page)).to_have_count(1)


def test_what_is_taken_along_says_how_many_were_left_out(open_page: Any, lossy: tuple[str, Path]) -> None:
    page = open_page(f"{lossy[0]}/#q=red square")
    for made in (page.locator(".tile").nth(0), page.locator(".tile").nth(1), lost_tile(page)):
        made.hover()
        if "is-selected" not in made.get_attribute("class"):
            made.locator(".pick").click()
    with page.expect_download():
        page.locator("#selection").get_by_role("button", name="Download").click()
    expect(page.locator("#notice")).to_have_text("1 photo left out: its file is gone.")


def test_a_library_whose_disk_is_not_mounted_says_so_once(open_page: Any, lossy: tuple[str, Path]) -> None:
    url, library = lossy
    for file in library.iterdir():
        if not file.name.startswith("."):
            file.rename(library.parent / file.name)
    page = open_page(f"{url}/#q=red square", wait=False)
    expect(page.locator("#status")).to_contain_text("the photo folder photos is missing or empty")
    expect(page.locator(".tile.is-broken").first).to_be_visible()


def test_the_library_panel_says_what_has_changed_and_counts_what_was_skipped(
    open_page: Any, lossy: tuple[str, Path]
) -> None:
    url, library = lossy
    (library / "home" / "notes.txt").touch()
    page = open_page(url)
    held = Held(page, "**/api/index/events")
    page.click("#library-button")
    held.take()  # whether a run goes on is not known yet
    page.click("#reindex")
    expect(page.locator("#index-status")).to_contain_text("1 removed, 1 file skipped")
    expect(page.locator("#library-facts")).to_contain_text("Skipped1 file")
    page.route("**/api/collection", with_changes)
    page.click("#library-close")
    page.click("#library-button")
    expect(page.locator("#library-facts")).to_contain_text("Since the last lookat least 1 new, 2 gone")


def with_changes(route: Any) -> None:
    """The answer half a minute later."""
    answer = route.fetch()
    changes = {"new": 1, "changed": 0, "gone": 2, "is_complete": True}
    route.fulfill(response=answer, json={**answer.json(), "since_index": changes})
