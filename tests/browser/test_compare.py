"""Two photos side by side, and a slide show."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import until, until_at_rest
from browser.test_accessibility import faults

pytestmark = pytest.mark.browser
VIEW = "[...document.querySelectorAll('.pane img')].map((one) => new DOMMatrix(getComputedStyle(one).transform).{of})"


@pytest.fixture
def squares(open_page: Any, site: str) -> Page:
    """The page with the photos of one folder."""
    return open_page(f"{site}/#q=a+square&folder=home")


def view(page: Page, of: str) -> list[float]:
    return page.evaluate(VIEW.format(of=of))  # type: ignore[no-any-return]


def test_two_selected_photos_are_compared_and_zoomed_together(squares: Page) -> None:
    compare = squares.locator("#selection").get_by_role("button", name="Compare")
    for index in range(2):
        squares.locator(".tile .pick").nth(index).click()
    squares.locator(".tile .pick").nth(2).click()
    expect(compare).to_be_hidden()
    squares.locator(".tile .pick").nth(2).click()
    compare.click()
    names = squares.locator(".pane h3")
    expect(names).to_have_count(2)
    expect(squares.locator(".pane .differs").first).to_be_visible()
    until(squares, "[...document.querySelectorAll('.pane img')].every((one) => one.naturalWidth > 0)")
    squares.keyboard.press("+")
    squares.keyboard.press("+")
    assert view(squares, "a") == pytest.approx([2.56, 2.56])
    box = squares.locator(".pane .stage").last.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    squares.mouse.move(x, y)
    squares.mouse.down()
    squares.mouse.move(x - 40, y)
    squares.mouse.up()
    assert view(squares, "e") == pytest.approx([-40, -40])
    squares.keyboard.press("ArrowLeft")
    assert view(squares, "e") == pytest.approx([20, 20])
    before = names.all_text_contents()
    squares.keyboard.press("x")
    expect(names).to_have_text(before[::-1])
    until_at_rest(squares)
    assert faults(squares) == []
    squares.keyboard.press("Escape")
    expect(squares.locator("#selection .count")).to_have_text("2 photos selected")


def begin(page: Page) -> str:
    """Opens the first photo, and its slide show at ten photos a second; the photo's name."""
    page.locator(".tile .open").first.click()
    until(page, "document.getElementById('stage').classList.contains('has-picture')")
    page.locator(".show-bar select").evaluate("one => { one.selectedOptions[0].value = '0.1'; }")
    name = page.locator("#viewer-name").text_content() or ""
    page.keyboard.press("p")
    expect(page.locator(".show-bar")).to_be_visible()
    return name


def test_a_slide_show_goes_on_by_itself_until_it_is_stopped(squares: Page) -> None:
    first = begin(squares)
    expect(squares.locator("#viewer .viewer-bar")).to_be_hidden()
    name = squares.locator("#viewer-name")
    expect(name).not_to_have_text(first)
    squares.keyboard.press("Space")  # the button to stop it has the keyboard
    expect(squares.get_by_role("button", name="Play", exact=True)).to_be_focused()
    stopped = name.text_content() or ""
    squares.wait_for_timeout(500)
    expect(name).to_have_text(stopped)
    squares.keyboard.press("ArrowRight")
    expect(name).not_to_have_text(stopped)
    assert faults(squares) == []
    squares.keyboard.press("Escape")
    expect(squares.locator(".show-bar")).to_be_hidden()
    expect(squares.locator("#viewer .viewer-bar")).to_be_visible()
    squares.locator(".show-bar select").evaluate("one => { one.value = '10'; one.dispatchEvent(new Event('change')); }")
    squares.reload()
    expect(squares.locator(".show-bar select")).to_have_value("10")


def test_a_slide_show_begins_again_after_the_last_photo_and_fills_the_screen(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#folder=home", reduced_motion="reduce")
    page.evaluate("""globalThis.seen = [];
      new MutationObserver(() => seen.push(document.getElementById("viewer-name").textContent))
        .observe(document.getElementById("viewer-name"), { childList: true });""")
    first = begin(page)
    until(page, f"seen.lastIndexOf({first!r}) > 6")
    page.get_by_role("button", name="Full screen").click()
    until(page, "document.fullscreenElement?.id === 'stage'")
    fade = "getComputedStyle(document.getElementById('viewer-picture')).animationDuration"
    assert page.evaluate(fade) == "0.001s"
    page.get_by_role("button", name="End the slide show").click()
    until(page, "document.fullscreenElement === null")


def test_in_a_browser_without_storage_a_slide_show_runs_and_waits_for_no_part_to_be_drawn(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });")
    page.reload()
    page.locator(".tile .open").first.click()
    until(page, "document.getElementById('stage').classList.contains('has-picture')")
    page.keyboard.press("r")
    page.keyboard.press("p")
    expect(page.locator(".region-bar")).to_be_visible()
    expect(page.locator(".show-bar")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator(".show-bar select")).to_have_value("5")
    page.keyboard.press("r")
    expect(page.locator(".region-bar")).to_be_hidden()
    page.locator(".show-bar select").select_option("3")
