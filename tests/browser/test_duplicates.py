"""Duplicates side by side: why they are together, what tells them apart, and a list for other tools."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser.served_page import Held, intercept, until_at_rest
from browser.test_accessibility import faults

pytestmark = pytest.mark.browser
CALL = "**/api/duplicates?*"
KINDS = {"exact": 1, "raw": 1, "edited": 0, "near": 1, "series": 30}
RUNNING = {"stage": "running", "done": 1200, "total": 8000, "groups": [], "num_groups": 0, "kinds": {}}


def file(name: str, **more: Any) -> dict[str, Any]:
    known = {
        "size_bytes": 20_000,
        "width": 480,
        "height": 320,
        "taken_at": "2022-06-15T10:00:00",
        "date_source": "exif",
    }
    marks = {"is_favourite": False, "rating": None, "tags": [], "has_picture": True}
    return {"image_id": name, **known, **marks, **more}


COPIES = {
    "best": file("home/red square.jpg", caption="A square"),
    "others": [
        file("home/red circle.jpg", kind="exact", of="home/red square.jpg", figures={}),
        file("home/IMG.CR2", kind="raw", of="home/red square.jpg", figures={}, has_picture=False, size_bytes=None),
        file(
            "holiday/beach/red circle.jpg",
            kind="near",
            of="home/red square.jpg",
            figures={"bits": 4.0},
            width=240,
            date_source="file",
        ),
    ],
}
SHOTS = [
    {
        "best": file("home/blue square.jpg"),
        "others": [file("home/blue circle.jpg", kind="series", of="home/blue square.jpg", figures={"seconds": 2.0})],
    }
] * 30


def found(route: Route) -> None:
    """Answers as a library with duplicates does."""
    asked = parse_qs(urlsplit(route.request.url).query)
    kind, offset, limit = asked.get("kind", [None])[0], int(asked["offset"][0]), int(asked["limit"][0])
    chosen = [one for one in [COPIES, *SHOTS] if kind is None or kind in {other["kind"] for other in one["others"]}]  # type: ignore[index]
    page = [{**one, "others": [o for o in one["others"] if kind in (None, o["kind"])]} for one in chosen]  # type: ignore[index]
    told = {"not_compared": 0, "has_features": True, "kinds": KINDS, "done": 0, "total": 0, "stage": "done"}
    route.fulfill(json={**told, "num_groups": len(page), "groups": page[offset : offset + limit], "offset": offset})


def open_duplicates(page: Page) -> None:
    page.click("#library-button")
    page.get_by_role("button", name="Find duplicates").click()


def at_the_edge(button: Locator) -> bool:
    """Whether a button is at the right edge of the window, where all views have the one that closes them."""
    return bool(button.evaluate("one => innerWidth - one.getBoundingClientRect().right < 40"))


@pytest.fixture
def copied(page: Page) -> Page:
    """The page with its duplicates open."""
    intercept(page, CALL, found)
    open_duplicates(page)
    expect(page.locator(".group").first).to_be_visible()
    return page


def test_groups_stand_side_by_side_with_their_evidence_and_differences(copied: Page) -> None:
    group = copied.locator(".group").first
    expect(group.locator(".file")).to_have_count(4)
    expect(group.locator(".file-kind")).to_have_text(["Best", "Same file", "RAW + JPEG", "Same picture"])
    last = group.locator(".file").last
    expect(last).to_contain_text("4 of 256")
    expect(last.locator(".differs")).to_have_text(["holiday/beach", re.compile("2022"), "240 × 320"])
    expect(last.locator("dt")).to_have_text(["Folder", "File date", "Size", "File"])
    assert "%" not in copied.locator(".duplicates").inner_text()
    until_at_rest(copied)
    assert at_the_edge(copied.locator(".duplicates > header").get_by_role("button", name="Close"))
    assert faults(copied) == []
    group.get_by_role("button", name="Open photo 1: A square").click()
    expect(copied.locator("#viewer-name")).to_have_text("red square.jpg")
    copied.keyboard.press("Escape")
    group.get_by_role("button", name="Compare photo 2 with the best: 15 June 2022 at").click()
    expect(copied.locator(".pane h3")).to_have_text(["red square.jpg", "red circle.jpg"])
    copied.keyboard.press("Escape")
    expect(copied.locator(".pane h3").first).to_be_hidden()
    expect(copied.locator(".duplicates")).to_be_visible()


def test_the_list_has_copies_until_somebody_chooses_and_is_saved_whole(copied: Page) -> None:
    bar, group = copied.locator(".list-bar"), copied.locator(".group").first
    expect(bar).to_contain_text("2 files to move")
    group.get_by_label("On the list: home/red circle.jpg").uncheck()
    group.get_by_label("On the list: home/red square.jpg").check()
    expect(bar).to_contain_text("2 files to move")
    with copied.expect_download() as saved:
        copied.get_by_role("button", name="Save list").click()
    assert saved.value.path().read_text("utf-8") == "home/red square.jpg\nholiday/beach/red circle.jpg\n"
    for name in ("home/red circle.jpg", "home/IMG.CR2"):
        group.get_by_label(f"On the list: {name}").check()
    expect(group).to_contain_text("none would stay")
    with copied.expect_request(CALL):
        copied.get_by_role("button", name="Series (30)").click()
    expect(bar).to_contain_text("30 files to move")
    expect(copied.locator(".group").first).to_contain_text("Another shot, 2 seconds apart")
    copied.locator(".group").last.scroll_into_view_if_needed()
    expect(copied.locator(".group")).to_have_count(30)


def test_a_long_search_shows_how_far_it_is(page: Page) -> None:
    held = Held(page, CALL)
    open_duplicates(page)
    held.take().fulfill(json=RUNNING)
    expect(page.locator(".duplicates")).to_contain_text("Comparing pictures: 1,200 of 8,000 photos")
    assert page.locator(".duplicates progress").evaluate("one => one.value / one.max") == pytest.approx(0.15)
    found(held.take())
    expect(page.locator(".duplicates progress")).to_be_hidden()
    expect(page.locator(".duplicates")).to_contain_text("31 groups")


def test_a_search_that_fails_is_told_and_not_repeated_by_itself(page: Page) -> None:
    calls = []

    def refuse(route: Route) -> None:
        calls.append(1)
        route.fulfill(
            status=503, json={"error": {"code": "library_unavailable", "message": "no", "hint": "see the log"}}
        )

    intercept(page, CALL, refuse)
    open_duplicates(page)
    expect(page.locator(".duplicates")).to_contain_text("no (see the log)")
    page.wait_for_timeout(200)
    assert len(calls) == 1


def test_a_library_without_duplicates_says_so(page: Page) -> None:
    open_duplicates(page)
    expect(page.locator(".duplicates")).to_contain_text("No duplicates found")
