"""A server with a key: the page asks for it, whenever it is wanted, and goes on from there."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import ServedPage

pytestmark = pytest.mark.browser
KEY = "open-sesame"


@pytest.fixture(scope="module")
def locked(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that wants a key."""
    served = ServedPage(Path(shutil.copytree(drawn, tmp_path_factory.mktemp("locked") / "photos")), "--api-key", KEY)
    yield served.url
    served.stop()


@pytest.fixture
def asked(open_page: Any, locked: str) -> Page:
    """The page, which asks for the key."""
    page = open_page(locked, wait=False)
    expect(page.locator("#sign-in")).to_be_visible()
    return page


def give_key(page: Page) -> None:
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in")).to_be_hidden()


def test_the_question_cannot_be_put_aside(asked: Page) -> None:
    for _ in range(3):
        asked.keyboard.press("Escape")
        expect(asked.locator("#sign-in")).to_be_visible()
    asked.mouse.click(5, 5)
    expect(asked.locator("#sign-in")).to_be_visible()
    give_key(asked)
    expect(asked.locator(".tile img.is-loaded").first).to_be_visible()


def test_what_was_asked_for_without_a_key_is_answered_with_it(asked: Page) -> None:
    give_key(asked)
    asked.fill("#words", "a red circle")
    expect(asked.locator("#status")).to_contain_text("best match first")
    before = asked.locator(".tile .open").first.get_attribute("aria-label")
    asked.context.clear_cookies()
    asked.fill("#words", "a blue square")
    expect(asked.locator("#sign-in")).to_be_visible()
    give_key(asked)
    expect(asked.locator(".tile .open").first).not_to_have_attribute("aria-label", before or "")
    expect(asked.locator("#words")).to_have_value("a blue square")
