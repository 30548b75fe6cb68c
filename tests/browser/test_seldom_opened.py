"""Views that are opened seldom: in the reader's language, from the right, in the dark, and with buttons for fingers."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import ALL_PARTS, intercept, until
from browser.test_duplicates import CALL, found
from browser.test_languages import LOCALES, add_arabic, check, texts_of

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FINGER_PX = 44
# a tile's own buttons are smaller: a long press and the open photo do the same
TOO_SMALL = """(least) => {
  const top = [...document.querySelectorAll('dialog[open]')].pop() ?? document;
  const kinds = 'button, select, summary, textarea, a[href]:not(.brand, .skip), input[type=text]';
  const seen = [...top.querySelectorAll(kinds)].filter((one) => !one.closest('.tile, .unseen, label'));
  const isSmall = (one) => {
    const { width, height } = one.getBoundingClientRect();
    return one.checkVisibility({ visibilityProperty: true }) && width && Math.min(width, height) < least - 0.5;
  };
  return seen.filter(isSmall).map((one) => one.outerHTML.slice(0, 160));
}"""


@pytest.fixture
def albums(open_page: Any, site: str) -> Iterator[dict[str, str]]:
    """An album with a photo, and one without."""
    request = open_page("about:blank", wait=False, base_url=site).request
    names = {"full": "Geburtstagsüberraschungsfeier bei den Großeltern", "empty": "Nothing in it"}
    for name in names.values():
        request.post("/api/albums", data={"name": name, "image_ids": ["home/red square.jpg"]})
    request.post("/api/albums", data={"name": names["empty"], "image_ids": ["home/red square.jpg"], "is_in": False})
    yield names
    for name in names.values():
        request.delete("/api/albums", params={"name": name})


@pytest.mark.parametrize(("language", "scheme"), [("de", "light"), ("ar", "dark")])
def test_views_are_in_the_language_and_for_fingers(
    open_page: Any, site: str, albums: dict[str, str], language: str, scheme: str
) -> None:
    texts = texts_of(language)
    page: Page = open_page("about:blank", wait=False, locale=LOCALES[language], color_scheme=scheme, **PHONE)
    if language == "ar":
        page.route(f"{site}/", add_arabic)
        page.route("**/texts/ar.json", lambda route: route.fulfill(json=texts))
    page.emulate_media(reduced_motion="reduce")

    def see(selector: str) -> None:
        expect(page.locator(selector).first).to_be_visible()
        check(page, texts, with_axe=language == "ar")
        assert page.evaluate(TOO_SMALL, FINGER_PX) == []

    page.goto(f"{site}/#album={albums['empty']}")
    until(page, ALL_PARTS)
    intercept(page, CALL, found)
    see("#nothing h2")
    page.locator("#nothing button").tap()
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    page.locator("#browse-button").tap()
    page.locator("#browse-albums").tap()
    expect(page.locator(".cover img").first).to_be_visible()
    see(".album >> nth=1")
    page.locator(".album > .icon-button").first.tap()
    see(".album-form")
    page.locator("#albums-close").tap()
    for act, seen in (("copy", ".duplicates .group"), ("tag", ".teaching h3")):
        page.locator("#library-button").tap()
        expect(page.locator("#model-facts dl").first).to_be_visible()
        page.locator("#library .plain", has=page.locator(f"[href='#icon-{act}']")).tap()
        see(seen)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        if act == "copy":
            assert page.evaluate(
                "[...document.querySelectorAll('.file')].every((one) => one.getBoundingClientRect().right < innerWidth)"
            )
    for button, seen in (("#places-button", "#places-empty h3"), ("#map-button", "#map-canvas")):
        page.locator(button).tap()
        see(seen)
        page.keyboard.press("Escape")
    for place in range(2):
        page.locator(".tile .pick").nth(place).evaluate("(button) => button.click()")  # a long press, in short
    for act, seen in (("tag", "#organise h3"), ("share", "#share form"), ("compare", ".pane dl > div")):
        page.locator("#selection button", has=page.locator(f"[href='#icon-{act}']")).tap()
        see(seen)
        page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".tile .open").first.tap()
    page.locator(".show-opener").tap()
    see(".show-bar")
