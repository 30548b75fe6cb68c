"""What the page loads before its first photos, and what comes after them; parts that do not come."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import ALL_PARTS, cut_network, until
from browser.tiles import names

pytestmark = pytest.mark.browser
# a file more is a round trip more where a line is slow: what the first photos do not need is a Part, see late.js
MOST_REQUESTS = 40
MOST_BYTES = 110_000


class Asked:
    """All that a page asks for, in order: addresses below the server's, and the bytes of what has come."""

    def __init__(self, page: Page, site: str) -> None:
        self.paths: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on(
            "Network.requestWillBeSent",
            lambda told: self.paths.setdefault(told["requestId"], told["request"]["url"].removeprefix(site)),
        )
        client.on(
            "Network.loadingFinished", lambda told: self.sizes.update({told["requestId"]: told["encodedDataLength"]})
        )

    def before_photos(self) -> list[str]:
        """Requests before that for the first photo, by their ids."""
        ids = list(self.paths)
        first = next(place for place, one in enumerate(ids) if "/thumbnail?" in self.paths[one])
        return ids[:first]


def test_few_files_come_before_the_first_photos(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    asked = Asked(page, site)
    page.goto(site)
    expect(page.locator(".tile img.is-loaded").first).to_be_visible()
    early = asked.before_photos()
    paths = [asked.paths[one] for one in early]
    assert len(early) <= MOST_REQUESTS, paths
    assert sum(asked.sizes.get(one, 0) for one in early) <= MOST_BYTES
    calls = [one for one in paths if "/api/" in one]
    assert sorted(calls) == sorted(set(calls)), "what is asked for early is used, not asked for again"
    assert "/api/photos?top_k=60&offset=0" in calls
    until(page, ALL_PARTS)
    assert any(one.endswith("/js/viewing.js") for one in asked.paths.values())
    assert not any(one.endswith("/js/viewing.js") for one in paths)


def test_parts_are_there_before_they_are_used(open_page: Any, site: str) -> None:
    page = open_page(site)
    cut_network(page)
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    expect(page.locator("#away")).to_be_visible()


def test_parts_that_few_use_are_loaded_when_somebody_is_about_to_use_them(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    asked = Asked(page, site)
    page.goto(site)
    until(page, ALL_PARTS)
    rare = (
        "browse_panel.js",
        "why.js",
        "places_map.js",
        "map.js",
        "compare.js",
        "library.js",
        "share_dialog.js",
        "albums_view.js",
        "organise.js",
    )
    assert [one for one in asked.paths.values() if one.endswith(tuple(f"/{name}" for name in rare))] == []
    with page.expect_request("**/js/map.js"):
        page.hover("#map-button")
    with page.expect_request("**/js/places/places_map.js"):
        page.focus("#places-button")
    page.keyboard.press("Enter")
    expect(page.locator("#places")).to_be_visible()


def test_a_part_that_does_not_come_can_be_asked_for_again(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    page.route("**/js/map.js", lambda route: route.abort())
    page.goto(site)
    until(page, ALL_PARTS)
    page.click("#map-button")
    expect(page.locator("#notice")).to_contain_text("This part of the page could not be loaded.")
    expect(page.locator("#map")).to_be_hidden()
    page.unroute("**/js/map.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#map")).to_be_visible()


def test_a_part_of_another_release_offers_to_load_the_page_again_with_its_search(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    page.route("**/js/library.js", lambda route: route.fulfill(status=404))
    page.goto(site)
    until(page, ALL_PARTS)
    page.fill("#words", "a red square")
    expect(page.locator(".tile .badge").first).to_be_visible()

    told = "<h1>Sign in</h1>"  # by a proxy, of which nothing can be learnt

    def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            return route.continue_()
        return route.fulfill(content_type="text/html", body=told)

    page.route(f"{site}/", answer)
    page.click("#library-button")
    expect(page.locator("#notice")).to_contain_text("This part of the page could not be loaded.")
    told = "<script src='static/0123456789ab/js/main.js'></script>"  # by the server, of another release
    page.click("#library-button")
    expect(page.locator("#notice")).to_contain_text("This page has been updated on the server.")
    page.unroute("**/js/library.js")
    with page.expect_navigation():
        page.get_by_role("button", name="Load again").click()
    expect(page.locator("#words")).to_have_value("a red square")
    expect(page.locator(".tile .badge").first).to_be_visible()
    page.click("#library-button")
    expect(page.locator("#library")).to_be_visible()


def test_a_photo_opens_at_once_while_its_part_is_still_on_its_way(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False)
    held = list[Route]()
    page.route("**/js/viewing.js", lambda route: held.append(route))
    with page.expect_request("**/js/viewing.js"):
        page.goto(site)
    page.locator(".tile .open").first.click()
    second = page.locator(".tile .open").nth(1)
    second.click()
    expect(page.locator("#viewer")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#viewer")).to_be_visible()
    expect(page.locator("#viewer-name")).to_have_text(names(page)[1])


def test_a_link_to_a_photo_opens_it(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#q=a+red+square&photo=home%2Fred+square.jpg", wait=False)
    expect(page.locator("#viewer-name")).to_have_text("red square.jpg")
    expect(page.locator("#words")).to_have_value("a red square")
