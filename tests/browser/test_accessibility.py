"""The page by keyboard, for screen readers, in light and dark, on a phone; axe finds nothing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until, until_at_rest, until_drawn

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[str]:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )
    found = axe.Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:160]}" for fault in found]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_in_any_view(open_page: Any, site: str, scheme: str) -> None:
    page = open_page(site, color_scheme=scheme)
    page.emulate_media(reduced_motion="reduce")
    assert faults(page) == []
    page.click("#filters-button")
    page.fill("#words", "a red square")
    expect(page.locator("#status")).to_contain_text("strong among")
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
        ("#places-button", "#places-empty h3"),
        ("#help-button", "#help dl"),
    ):
        page.click(button)
        expect(page.locator(seen).first).to_be_visible()
        until_at_rest(page)
        assert faults(page) == []
        page.keyboard.press("Escape")


def test_axe_finds_nothing_where_nothing_matches(page: Page) -> None:
    page.click("#filters-button")
    page.fill("#after", "2030-01-01")
    expect(page.locator("#nothing")).to_be_visible()
    assert faults(page) == []


def test_all_is_done_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    with page.expect_response(lambda answer: "a red square" in (answer.request.post_data or "")):
        page.keyboard.type("a red square")  # what its first letters found would take the focus away
    expect(page.locator("#status")).to_contain_text("strong among")
    with page.expect_response("**/api/search/text"):
        page.keyboard.press("Enter")  # done with typing: the suggestions close
    expect(page.locator("#words")).to_have_attribute("aria-expanded", "false")
    until_at_rest(page)
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
    until(page, f"{index} === 1")  # where the viewer was left
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
    expect(page.locator("#status")).to_contain_text("strong among")
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
    expect(page.locator("#selection .count")).to_have_text("1 photo selected")


REACHABLE = ".tile button[tabindex='0']"


def focused_photo(page: Page) -> int:
    """Index of the photo that has the keyboard; −1 where none has."""
    return int(page.evaluate("Number(document.activeElement.closest('.tile')?.dataset.index ?? -1)"))


@pytest.fixture
def long_page(open_page: Any, site: str) -> Page:
    """The page in a window so small that most rows are not in it."""
    return open_page(site, viewport={"width": 360, "height": 240})


def test_scrolling_down_and_up_leaves_one_photo_in_the_tab_order(long_page: Page) -> None:
    for there in [*range(0, 1200, 150), *range(1200, -1, -150)]:
        long_page.evaluate(f"window.scrollTo(0, {there})")
        until_drawn(long_page)
        assert long_page.locator(REACHABLE).count() == 4, "to open, to select, to mark it, to search by it"
    assert long_page.locator(REACHABLE).first.evaluate("one => one.closest('.tile').dataset.index") == "0"


def test_tab_after_scrolling_leads_to_a_photo_in_the_window(long_page: Page) -> None:
    long_page.evaluate("window.scrollTo(0, 1500)")
    expect(long_page.locator(".tile[data-index='0']")).to_have_count(0)
    expect(long_page.locator(f".open{REACHABLE[12:]}")).to_be_in_viewport()


def test_a_photo_keeps_the_keyboard_while_its_row_is_scrolled_away(long_page: Page) -> None:
    long_page.focus(".tile .open")
    long_page.evaluate("window.scrollTo(0, 1800)")
    until_drawn(long_page)
    assert focused_photo(long_page) == 0
    assert long_page.locator(REACHABLE).count() == 4
    long_page.keyboard.press("ArrowRight")
    expect(long_page.locator(".tile[data-index='1'] .open")).to_be_in_viewport()
    assert focused_photo(long_page) == 1


def test_a_photo_keeps_the_keyboard_when_the_window_changes(page: Page) -> None:
    page.focus(".tile .open")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.set_viewport_size({"width": 700, "height": 500})
    until(page, "document.querySelector('.row').offsetWidth < 700")
    assert focused_photo(page) == 5


def test_the_keyboard_goes_to_a_photo_when_the_selection_is_cleared(page: Page) -> None:
    page.focus(".tile .open")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.get_by_role("button", name="Clear the selection").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#selection")).to_be_hidden()
    assert focused_photo(page) == 1


def test_the_keyboard_stays_with_the_photos_when_others_are_found(page: Page) -> None:
    page.focus(".tile .open")
    page.keyboard.press("x")
    page.get_by_role("button", name="Similar").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("strong among")
    assert focused_photo(page) == 0
