"""A folder that nobody has indexed: the page offers to, and is filled meanwhile; and a library that others change."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser.served_page import ServedPage
from browser.test_accessibility import faults
from twinlens.api.library import Collection

pytestmark = pytest.mark.browser


def draw(folder: Path, *names: str) -> None:
    for place, name in enumerate(names):
        Image.new("RGB", (300, 200), (60 * place, 90, 200 - 60 * place)).save(folder / name)


def test_a_folder_is_indexed_from_the_page_and_what_others_add_appears(open_page: Any, tmp_path: Path) -> None:
    draw(tmp_path, "one.png", "two.png", "three.png")
    served = ServedPage(tmp_path)
    try:
        page = open_page(served.url, wait=False)
        expect(page.locator("#nothing h2")).to_have_text("No photos yet")
        assert faults(page) == []
        page.get_by_role("button", name="Look for photos", exact=True).click()
        expect(page.locator("#index-status")).to_have_text("Done: 3 added.")
        page.keyboard.press("Escape")
        expect(page.locator("#status")).to_have_text("3 photos")
        expect(page.locator(".tile img.is-loaded")).to_have_count(3)
        draw(tmp_path, "one.png", "two.png", "three.png", "four.png")
        with Collection.open(tmp_path) as collection:
            collection.index()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it would look by itself, later
        expect(page.locator("#status")).to_have_text("4 photos")
    finally:
        served.stop()
