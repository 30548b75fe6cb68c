"""The page by keyboard, for screen readers, in light and dark, on a phone; axe finds nothing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[str]:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )
    found = axe.Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:160]}" for fault in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(open_page: Any, site: str, scheme: str) -> None:
    page = open_page(site, color_scheme=scheme)
    page.emulate_media(reduced_motion="reduce")
    assert faults(page) == []
    page.click("#filters-button")
    page.fill("#words", "a red square")
    expect(page.locator("#status")).to_contain_text("best match first")
    page.locator(".tile").first.hover()
    page.locator(".tile .pick").first.click()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts .strip")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    for button, seen in (
        ("#library-button", "#model-facts dl"),
        ("#map-button", "#map-canvas"),
        ("#help-button", "#help dl"),
    ):
        page.click(button)
        expect(page.locator(seen).first).to_be_visible()
        page.wait_for_timeout(250)
        assert faults(page) == []
        page.keyboard.press("Escape")


def test_axe_finds_nothing_where_nothing_matches(page: Page) -> None:
    page.click("#filters-button")
    page.fill("#after", "2030-01-01")
    expect(page.locator("#nothing")).to_be_visible()
    assert faults(page) == []


def test_all_is_done_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("a red square")
    expect(page.locator("#status")).to_contain_text("best match first")
    page.keyboard.press("ArrowDown")
    index = "Number(document.activeElement.closest('.tile').dataset.index)"
    assert page.evaluate(index) == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(index) > 2
    page.keyboard.press("x")
    expect(page.locator("#selection .count")).to_have_text("1 photo selected")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    assert page.evaluate(index) == 1, "the keyboard is where the viewer was left"
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def test_one_photo_only_takes_part_in_the_tab_order(page: Page) -> None:
    assert page.locator(".tile .open[tabindex='0']").count() == 1


def test_the_theme_follows_the_system_until_somebody_chooses(open_page: Any, site: str) -> None:
    page = open_page(site, color_scheme="dark")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.click("#theme-button")
    assert page.evaluate(theme) == "light"
    page.reload()
    assert page.evaluate(theme) == "light"


def test_a_phone_shows_all_without_scrolling_sideways(open_page: Any, site: str) -> None:
    page = open_page(site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) <= 0
    page.locator("#words").fill("a red square")
    expect(page.locator("#status")).to_contain_text("best match first")
    page.locator(".tile .open").first.tap()
    expect(page.locator("#viewer")).to_be_visible()
    page.locator("#viewer-info").tap()
    expect(page.locator("#viewer-facts dl")).to_be_visible()
    assert page.evaluate(sideways) <= 0
    page.locator("#viewer-close").tap()
    page.locator("#library-button").tap()
    expect(page.locator("#library-facts")).to_be_visible()
    assert page.locator("#library").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_long_press_selects_on_a_phone(open_page: Any, site: str) -> None:
    page = open_page(site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    tile = page.locator(".tile .open").first
    tile.dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True})
    page.wait_for_timeout(700)
    expect(page.locator("#selection .count")).to_have_text("1 photo selected")
