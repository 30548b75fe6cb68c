"""The time line: any month of a hundred thousand photos at once, by key, by pointer, and on from there either way."""

import io
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlparse

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from browser.served_page import intercept, until, until_drawn
from browser.test_accessibility import faults

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser
COUNT, A_MONTH = 100_000, 500
MONTHS = [f"{2026 - place // 12}-{12 - place % 12:02}" for place in range(COUNT // A_MONTH)]
FIRST_IN_VIEW = """[...document.querySelectorAll(".tile")]
  .filter((one) => one.getBoundingClientRect().bottom > document.querySelector(".header").offsetHeight + 1)
  .map((one) => one.querySelector(".open").getAttribute("aria-label"))[0]"""
NUMBER_IN_VIEW = f"Number.parseInt(({FIRST_IN_VIEW} ?? '').replaceAll(',', ''))"


def photo(number: int) -> dict[str, Any]:
    taken = f"{MONTHS[number // A_MONTH]}-15T12:00:00"
    size = {"width": 300 + 40 * (number % 7), "height": 300}
    return {"image_id": f"{number:06}.jpg", "taken_at": taken, "date_source": "exif", "is_favourite": False, **size}


def answer(route: "Route") -> None:
    """In place of a server with many photos."""
    asked = parse_qs(urlparse(route.request.url).query)
    first = int(asked.get("offset", ["0"])[0])
    shown = [photo(number) for number in range(first, min(COUNT, first + int(asked["top_k"][0])))]
    told = {"num_results": len(shown), "num_candidates": COUNT, "num_undated": None, "num_file_dated": None}
    route.fulfill(json={**told, "offset": first, "results": shown})


@pytest.fixture
def many(open_page: Any, site: str) -> Page:
    """The page over a library of 100,000 photos, which there are not."""
    page = open_page(site)
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(picture, "PNG")
    intercept(page, "**/thumbnail?*", lambda route: route.fulfill(body=picture.getvalue(), content_type="image/png"))
    counts = [{"month": month, "images": A_MONTH} for month in MONTHS]
    counted = {"num_candidates": COUNT, "num_undated": 0, "months": counts}
    page.route("**/api/months*", lambda route: route.fulfill(json=counted))
    page.route("**/api/photos?*", answer)
    page.reload()
    expect(page.locator("#timeline")).to_be_visible()
    return page


def number_in_view(page: Page) -> int:
    return int(re.sub(r" of .*|,", "", page.evaluate(FIRST_IN_VIEW)))


def test_keys_lead_to_a_month_far_away_and_the_photos_go_on_either_way(many: Page) -> None:
    line = many.get_by_role("slider", name="Time line")
    expect(line).to_have_attribute("aria-valuetext", "December 2026, 500 photos")
    assert faults(many) == []
    line.focus()
    for key in ("End", "PageUp", "ArrowUp"):  # the first month, a year and a month later
        many.keyboard.press(key)
    index = len(MONTHS) - 1 - 12 - 1
    wanted = index * A_MONTH + 1
    until(many, f"({FIRST_IN_VIEW}).startsWith('{wanted:,} of')")
    expect(line).to_have_attribute("aria-valuenow", str(index))
    until(many, "document.querySelector('.tile img.is-loaded') !== null")
    until(many, "Number(document.querySelector('.tile').dataset.index) > 100")  # those before were loaded
    assert number_in_view(many) == wanted, "and moved nothing"
    many.mouse.move(600, 400)
    many.mouse.wheel(0, -900)
    until(many, f"{NUMBER_IN_VIEW} < {wanted}")
    assert wanted - 60 < number_in_view(many) < wanted
    expect(line).to_have_attribute("aria-valuenow", str(index - 1))
    many.locator(".tile .open").first.focus()
    many.keyboard.press("End")
    further = "window.scrollTo(0, document.body.scrollHeight)"  # as often as more are loaded
    until(many, f"({further}, {NUMBER_IN_VIEW} > {wanted + 60})")
    assert many.locator(".tile").count() < 400


def test_the_line_is_dragged_and_tells_the_month(many: Page) -> None:
    box = many.locator("#timeline").bounding_box()
    assert box is not None
    across = box["x"] + box["width"] - 12
    many.mouse.move(across, box["y"] + 4)
    many.mouse.down()
    many.mouse.move(across, box["y"] + box["height"] / 2)
    expect(many.locator(".timeline-bubble")).to_have_text("August 2018")
    many.mouse.up()
    until(many, f"({FIRST_IN_VIEW}).includes('August 2018')")
    until_drawn(many)
    many.locator("#home").click()
    until(many, f"({FIRST_IN_VIEW}).startsWith('1 of')")


def test_a_search_by_words_and_few_photos_have_no_time_line(many: Page, open_page: Any, site: str) -> None:
    many.locator("#words").press_sequentially("a red square")  # and nothing else
    expect(many.locator(".tile .badge").first).to_be_visible()
    expect(many.locator("#timeline")).to_be_hidden()
    many.fill("#words", "")
    expect(many.locator("#timeline")).to_be_visible()
    few = open_page(site)
    expect(few.locator("#timeline")).to_be_hidden()
