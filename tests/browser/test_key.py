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
OWN_KEY = "a-key-of-ana-alone"
FAMILY_KEY = "a-key-of-the-family"


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


def give_key(page: Page, key: str = KEY) -> None:
    page.fill("#key", key)
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
    expect(asked.locator("#status")).to_contain_text("strong among")
    before = asked.locator(".tile").first.get_attribute("data-id")
    asked.context.clear_cookies()
    asked.fill("#words", "a blue square")
    expect(asked.locator("#sign-in")).to_be_visible()
    give_key(asked)
    expect(asked.locator(".tile").first).not_to_have_attribute("data-id", before or "")
    expect(asked.locator("#words")).to_have_value("a blue square")


def test_signing_out_shows_nothing_any_more_and_ends_the_session(asked: Page, locked: str) -> None:
    give_key(asked)
    expect(asked.locator(".tile img.is-loaded").first).to_be_visible()
    cookies = asked.context.cookies()
    asked.click("#library-button")
    expect(asked.locator("#key-note")).to_contain_text("default")
    asked.click("#sign-out")
    expect(asked.locator("#sign-in")).to_be_visible()
    expect(asked.locator(".tile")).to_have_count(0)
    asked.context.add_cookies(cookies)  # somebody had copied them
    asked.goto(locked)
    expect(asked.locator("#sign-in")).to_be_visible()


@pytest.fixture(scope="module")
def limited(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that also has a key which may only search."""
    folder = tmp_path_factory.mktemp("limited")
    (folder / "keys.toml").write_text(f'[family]\nkey = "{FAMILY_KEY}"\nscopes = ["search"]\n')
    photos = Path(shutil.copytree(drawn, folder / "photos"))
    served = ServedPage(photos, "--api-key", KEY, "--keys", str(folder / "keys.toml"))
    yield served.url
    served.stop()


def test_a_key_that_may_only_search_has_no_hearts_and_is_told_why(open_page: Any, limited: str) -> None:
    page = open_page(limited, wait=False)
    give_key(page, FAMILY_KEY)
    tile = page.locator(".tile").first
    expect(tile.locator("img.is-loaded")).to_be_visible()
    tile.hover()
    expect(tile.locator(".pick")).to_be_visible()
    expect(tile.locator(".heart")).to_be_hidden()
    tile.locator(".open").focus()
    page.keyboard.press("f")
    expect(page.locator("#notice")).to_contain_text("The key “family” may not mark favourites.")
    page.click("#library-button")
    expect(page.locator("#key-note")).to_contain_text("may not mark favourites or look for new photos")
    expect(page.locator("#reindex")).to_be_hidden()
    page.click("#library-close")
    tile.locator(".open").click()
    expect(page.locator("#viewer-like")).to_be_visible()
    expect(page.locator("#viewer-heart")).to_be_hidden()
    expect(page.locator("#viewer-facts dl")).to_be_visible()
    expect(page.locator("#viewer-given").get_by_role("button")).to_have_count(0)
    page.keyboard.press("5")
    expect(page.locator("#notice")).to_contain_text("The key “family” may not rate photos.")


@pytest.fixture(scope="module")
def shared_out(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server where Ana has favourites of her own, and the family has some together."""
    folder = tmp_path_factory.mktemp("shared_out")
    may, own = 'scopes = ["search", "curate"]', 'favourites = "own"'
    keys = f'[family]\nkey = "{FAMILY_KEY}"\n{may}\n[ana]\nkey = "{OWN_KEY}"\n{may}\n{own}\n'
    (folder / "keys.toml").write_text(keys)
    photos = Path(shutil.copytree(drawn, folder / "photos"))
    served = ServedPage(photos, "--keys", str(folder / "keys.toml"))
    yield served.url
    served.stop()


def test_favourites_of_ones_own_are_gone_when_somebody_else_signs_in(open_page: Any, shared_out: str) -> None:
    page = open_page(shared_out, wait=False)
    give_key(page, OWN_KEY)
    tile = page.locator(".tile").first
    expect(tile.locator("img.is-loaded")).to_be_visible()
    tile.hover()
    tile.locator(".heart").click()
    expect(page.locator(".tile.is-favourite")).to_have_count(1)
    page.click("#library-button")
    expect(page.locator("#key-note")).to_contain_text("Nobody else sees your favourites.")
    page.click("#library-close")
    page.evaluate("document.body.dataset.shownTo = 'ana'")
    page.context.clear_cookies()
    page.fill("#words", "a blue square")
    expect(page.locator("#sign-in")).to_be_visible()
    page.fill("#key", FAMILY_KEY)
    page.keyboard.press("Enter")
    expect(page.locator("body[data-shown-to]")).to_have_count(0)  # it was loaded anew
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    expect(page.locator(".tile.is-favourite")).to_have_count(0)
    expect(page.locator("#key-note")).to_have_text("You use the key “family”. It may not look for new photos.")


@pytest.fixture(scope="module")
def shelf(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with two libraries, and a key that opens one of them."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "keys.toml").write_text(f'[family]\nkey = "{FAMILY_KEY}"\nlibraries = ["home"]\n')
    named = [f"{name}={shutil.copytree(drawn, folder / name)}" for name in ("home", "work")]
    served = ServedPage(None, "--library", named[0], "--library", named[1], "--keys", str(folder / "keys.toml"))
    yield served.url
    served.stop()


def test_a_key_of_another_library_is_told_so_and_led_back_to_the_list(open_page: Any, shelf: str) -> None:
    page = open_page(f"{shelf}/work/", wait=False)
    page.fill("#key", FAMILY_KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#key-fault")).to_have_text("The key “family” does not open this library.")
    page.reload()
    expect(page.locator("#key-fault")).to_have_text("The key “family” does not open this library.")
    page.get_by_role("link", name="All libraries").click()
    page.get_by_role("link", name="home").click()
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()


def test_a_key_that_may_do_everything_has_all_buttons(open_page: Any, limited: str) -> None:
    page = open_page(limited, wait=False)
    give_key(page)
    tile = page.locator(".tile").first
    tile.hover()
    expect(tile.locator(".heart")).to_be_visible()
    page.click("#library-button")
    expect(page.locator("#reindex")).to_be_visible()
