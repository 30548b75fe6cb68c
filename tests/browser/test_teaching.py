"""Teaching in the page: a word is learnt, listed, searched and forgotten; a lesson says what it was worth."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.served_page import intercept, until_at_rest
from browser.test_accessibility import faults
from browser.tiles import tile_of

pytestmark = pytest.mark.browser
BLUE = ["home/blue circle.jpg", "home/blue square.jpg"]


@pytest.fixture
def home(open_page: Any, site: str) -> Iterator[Page]:
    """The photos of a folder; what is taught here is forgotten."""
    page = open_page(f"{site}/#folder=home&sort=name", base_url=site)
    yield page
    for one in page.request.get("/api/feedback").json()["feedback"]:
        if one["kind"] == "word":
            page.request.post("/api/teach", data={"word": one["subject"], "undo": True})
        else:
            page.request.post("/api/feedback", data={"query": one["subject"], "forget": True})


def taught(page: Page) -> list[tuple[str, list[str]]]:
    found = page.request.get("/api/feedback").json()["feedback"]
    return [(one["subject"], sorted(one["good"])) for one in found]


def test_a_word_is_taught_by_selected_photos_found_forgotten_and_brought_back(home: Page) -> None:
    for photo in BLUE:
        tile_of(home, photo).locator(".pick").click(force=True)
    home.get_by_role("button", name="Organise").click()
    box = home.get_by_role("combobox", name="They show")
    box.fill("Our Rex")
    box.press("Enter")
    expect(home.locator("#notice")).to_contain_text("“our rex” is learnt from 2 photos")
    assert taught(home) == [("our rex", BLUE)]
    home.request.post("/api/feedback", data={"query": "a shape", "good": BLUE[:1], "bad": BLUE[1:]})
    home.locator("#organise .close").click()
    home.click("#library-button")
    home.get_by_role("button", name="Teaching").click()
    words = home.get_by_role("list", name="Words of your own").locator(":scope > li")
    expect(words).to_contain_text("Learnt from 2 photos")
    expect(home.get_by_role("list", name="What you said of searches")).to_contain_text("1 good, 1 bad")
    home.get_by_role("button", name="Learn from captions and opinions").click()
    expect(home.locator("#notice")).to_contain_text("a lesson needs 40 photos")
    expect(home.locator(".lesson-buttons").get_by_role("button")).to_have_count(1)  # there is none to undo
    held_out = {"recall_at_10": {"before": 0.5, "after": 0.625, "low": 0.05, "high": 0.2}}
    lesson = {"lesson": {"is_kept": True, "held_out": held_out}, "told": "it is kept"}
    intercept(home, "**/api/teach", lambda route: route.fulfill(json=lesson))
    home.get_by_role("button", name="Learn from captions and opinions").click()
    expect(home.locator(".figures tbody tr")).to_have_text("R@100.5000.625+0.125 [+0.050, +0.200]")
    expect(home.get_by_role("button", name="Undo the last lesson")).to_be_visible()
    home.unroute("**/api/teach")
    until_at_rest(home)
    assert faults(home) == []
    home.get_by_role("button", name="Forget “our rex”").click()
    expect(words).to_have_count(0)
    home.get_by_role("button", name="Undo", exact=True).click()
    expect(words).to_have_count(1)
    assert ("our rex", BLUE) in taught(home)
    home.get_by_role("button", name="Search for “our rex”").click()
    expect(home.locator(".teaching")).to_be_hidden()
    expect(home.locator("#words")).to_have_value("our rex")
