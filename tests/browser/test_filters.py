"""Filters, order, favourites; filters that the server lists and the page has never heard of."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import Held, ServedPage, intercept
from browser.test_accessibility import faults
from twinlens.api.filters import known_filters
from twinlens.api.library import Collection

pytestmark = pytest.mark.browser


@pytest.fixture
def own_site(drawn: Path, tmp_path: Path) -> Iterator[ServedPage]:
    """A server of a library that the test may change."""
    served = ServedPage(Path(shutil.copytree(drawn, tmp_path / "photos")))
    yield served
    served.stop()


def choose_folder(page: Page, name: str) -> None:
    """Types a folder's name, and takes what is typed."""
    page.fill("#folder", name)
    page.press("#folder", "Enter")


def test_dates_folder_and_camera_narrow_the_library(page: Page) -> None:
    page.click("#filters-button")
    choose_folder(page, "holiday")
    expect(page.locator("#status")).to_have_text("16 photos")
    page.select_option("#camera", "Twin Box")
    expect(page.locator("#status")).to_have_text("8 photos")
    page.fill("#after", "2022-01-01")
    expect(page.locator("#status")).to_have_text("4 photos")
    expect(page.locator("#filters-button")).to_have_attribute("aria-label", "Filters, 3 in use")
    page.click("#no-filters")
    expect(page.locator("#status")).to_have_text("29 photos")


def test_folders_are_found_by_any_part_of_their_path_and_counted(page: Page) -> None:
    page.click("#filters-button")
    folder, options = page.locator("#folder"), page.get_by_role("listbox", name="Folders").get_by_role("option")
    folder.click()
    expect(options).to_have_text(
        ["holiday16 photos", "holiday/beach8 photos", "holiday/wood8 photos", "home8 photos", "odd5 photos"]
    )
    folder.press_sequentially("wo")
    expect(options).to_have_text(["holiday/wood8 photos"])
    assert faults(page) == []
    folder.press("ArrowDown")
    expect(folder).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    folder.press("Enter")
    expect(page.locator("#status")).to_have_text("8 photos")
    expect(folder).to_have_value("holiday/wood")
    expect(folder).to_have_attribute("aria-expanded", "false")
    folder.fill("")
    folder.press("Enter")
    expect(page.locator("#status")).to_have_text("29 photos")
    folder.fill("be")
    options.first.click()
    expect(page.locator("#status")).to_have_text("8 photos")
    expect(folder).to_have_value("holiday/beach")


def test_a_date_filter_tells_of_the_photos_without_a_date(page: Page) -> None:
    page.click("#filters-button")
    page.fill("#after", "2022-01-01")
    expect(page.locator("#status")).to_have_text("12 photos · 5 photos without a date left out")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("strong among")
    expect(page.locator("#status")).to_contain_text("5 photos without a date left out")


def test_filters_go_along_with_a_search(page: Page) -> None:
    page.click("#filters-button")
    choose_folder(page, "holiday/wood")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("8 strong among 8 photos")
    assert "folder=holiday%2Fwood" in page.url


def test_results_are_sorted_newest_first(page: Page) -> None:
    page.fill("#words", "a red circle")
    page.click("#filters-button")
    page.select_option("#sort", "date")
    expect(page.locator(".row.title h2").first).to_have_text("2023")
    years = page.locator(".row.title h2").all_text_contents()
    assert years[:3] == ["2023", "2022", "2021 – 2020"]
    page.select_option("#sort", "oldest")
    expect(page.locator(".row.title h2").first).to_have_text("2020")
    assert "sort=oldest" in page.url


def test_filters_that_let_nothing_through_say_so_and_can_be_cleared(page: Page) -> None:
    page.click("#filters-button")
    page.fill("#after", "2030-01-01")
    expect(page.locator("#nothing")).to_contain_text("No photo passes these filters")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#status")).to_have_text("29 photos")


def test_favourites_are_kept_by_the_server_and_filtered(own_site: ServedPage, open_page: Any) -> None:
    page = open_page(own_site.url)
    page.locator(".tile").first.hover()
    with page.expect_response("**/api/favourites"):
        page.locator(".tile .heart").first.click()
    expect(page.locator(".tile.is-favourite")).to_have_count(1)
    page.locator(".tile .open").nth(1).click()
    with page.expect_response("**/api/favourites"):
        page.keyboard.press("f")
    expect(page.locator("#viewer-heart")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    other = open_page(f"{own_site.url}/#favourites=true")
    expect(other.locator("#status")).to_have_text("2 photos")
    expect(other.locator("#favourites")).to_have_attribute("aria-pressed", "true")
    other.locator(".tile").first.hover()
    other.locator(".tile .heart").first.click()
    expect(other.locator(".tile.is-favourite")).to_have_count(1)
    page.reload()
    expect(page.locator(".tile.is-favourite")).to_have_count(1)
    for button, marked in (("Favourite", 2), ("Remove favourite", 0)):
        for place in (0, 1):
            page.locator(".tile .open").nth(place).click(modifiers=["Control"])
        with page.expect_response("**/api/favourites"):
            page.locator("#selection").get_by_role("button", name=button, exact=True).click()
        expect(page.locator(".tile.is-favourite")).to_have_count(marked)


def test_the_library_panel_follows_indexing_and_the_page_shows_the_new_photo(
    own_site: ServedPage, open_page: Any, tmp_path: Path
) -> None:
    from PIL import Image

    page = open_page(own_site.url)
    page.click("#library-button")
    expect(page.locator("#library-facts")).to_contain_text("29")
    expect(page.locator("#model-facts")).to_contain_text("517 dimensions")
    Image.new("RGB", (300, 200), (90, 10, 90)).save(tmp_path / "photos" / "fresh.png")
    page.click("#reindex")
    expect(page.locator("#index-status")).to_have_text("Done: 1 added.")
    page.keyboard.press("Escape")
    expect(page.locator("#status")).to_have_text("30 photos")
    Image.new("RGB", (300, 200), (10, 90, 90)).save(tmp_path / "photos" / "later.png")
    with Collection.open(tmp_path / "photos") as another_program:
        another_program.index()
    expect(page.locator("#status")).to_have_text("31 photos")


def test_the_library_panel_reads_text_in_pictures_or_says_what_is_missing(page: Page) -> None:
    told = {"stage": "never", "done": 0, "to_read": None, "with_text": None, "failed": 0, "message": None}
    library = {"is_installed": False, "num_waiting": 1234, "num_with_text": 5}

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            library.update(num_waiting=0, num_with_text=7)
            events = [("progress", {**told, "done": 3, "to_read": 8}), ("done", {**told, "done": 8, "with_text": 2})]
            lines = "".join(f"event: {name}\ndata: {json.dumps(state)}\n\n" for name, state in events)
            route.fulfill(body=lines, content_type="text/event-stream")
        elif route.request.url.endswith("/events"):
            route.fulfill(body=f"event: never\ndata: {json.dumps(told)}\n\n", content_type="text/event-stream")
        else:
            route.fulfill(json={**told, **library})

    intercept(page, "**/api/index/texts**", answer)
    page.click("#library-button")
    expect(page.locator("#texts-status")).to_contain_text("pip install 'twinlens[ocr]'")
    expect(page.locator("#read-texts")).to_be_hidden()
    page.keyboard.press("Escape")
    library["is_installed"] = True
    page.click("#library-button")
    expect(page.locator("#texts-status")).to_have_text("Photos with text: 5; not looked at for text yet: 1,234")
    page.click("#read-texts")
    expect(page.locator("#texts-status")).to_have_text("All photos were looked at for text; photos with text: 7")
    expect(page.locator("#read-texts")).to_be_hidden()
    expect(page.locator("#texts-progress")).to_be_hidden()


def test_the_keyboard_stays_at_the_filters_when_they_are_cleared_or_closed(page: Page) -> None:
    page.click("#filters-button")
    choose_folder(page, "home")
    page.focus("#no-filters")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("29 photos")
    expect(page.locator("#filters-button")).to_be_focused()
    page.focus("#camera")
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#filters-button")).to_be_focused()
    expect(page.locator("#filters-button")).to_have_attribute("aria-expanded", "false")


def test_filters_that_were_closed_stay_closed_while_somebody_types(page: Page) -> None:
    page.click("#filters-button")
    choose_folder(page, "home")
    page.click("#filters-button")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("8 strong among 8 photos")
    expect(page.locator("#filters")).to_be_hidden()


def test_a_date_that_is_typed_is_searched_for_once_its_year_is_whole(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    page.click("#filters-button")
    page.focus("#after")
    before = page.evaluate("history.length")
    page.keyboard.type("11112022", delay=40)
    expect(page.locator("#status")).to_have_text(re.compile(r"^6 photos\b"))
    assert page.input_value("#after") == "2022-11-11"
    assert [call for call in asked if re.search(r"\b0\d\d\d-", call)] == []
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    expect(page.locator("#status")).to_have_text("29 photos")
    expect(page.locator("#after")).to_have_value("")


def test_a_year_that_is_left_unfinished_does_not_stay(page: Page) -> None:
    page.click("#filters-button")
    page.focus("#after")
    page.keyboard.type("1111002", delay=40)
    choose_folder(page, "home")
    expect(page.locator("#status")).to_have_text("8 photos")
    assert page.input_value("#after") == ""


# --- filters as the server lists them ---------------------------------------------------------

SEASON = {
    "name": "season", "kind": "choice", "label": "Season", "help": "Only this season.", "example": "",
    "choices": ["spring", "autumn"],
}  # fmt: skip
HIDDEN = {
    "name": "hidden", "kind": "flag", "label": "Hidden ones", "help": "Only what is hidden.", "example": "",
    "choices": [],
}  # fmt: skip
PLACE = {
    "name": "map", "kind": "text", "label": "Place", "help": "Only photos taken there.", "example": "Lisbon",
    "choices": [],
}  # fmt: skip


def list_also(page: Page, *added: dict[str, Any]) -> list[dict[str, Any]]:
    """Lets the server list more filters than it has.

    Returns:
        what is asked for, call by call; it goes on to the server without the filters that it lacks.
    """
    asked: list[dict[str, Any]] = []
    strange = {one["name"] for one in added}

    def listed(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={"filters": [*response.json()["filters"], *added]})

    def searched(route: Route) -> None:
        fields = json.loads(route.request.post_data or "{}")
        asked.append(fields)
        known = {name: value for name, value in fields.items() if name not in strange}
        route.continue_(post_data=json.dumps(known))

    def browsed(route: Route) -> None:
        address = urlsplit(route.request.url)
        fields = parse_qsl(address.query)
        asked.append(dict(fields))
        known = urlencode([(name, value) for name, value in fields if name not in strange])
        route.continue_(url=urlunsplit(address._replace(query=known)))

    page.route("**/api/filters", listed)
    page.route("**/api/search/text", searched)
    page.route("**/api/photos?*", browsed)
    page.reload()
    page.wait_for_selector(".tile img.is-loaded")
    page.click("#filters-button")
    return asked


def test_a_choice_that_only_the_server_knows_is_drawn_asked_for_and_taken_back(page: Page) -> None:
    asked = list_also(page, SEASON)
    season = page.get_by_label("Season")
    expect(season.locator("option")).to_have_text(["All", "spring", "autumn"])
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("strong among")
    assert "season" not in asked[-1]
    with page.expect_response("**/api/search/text"):
        page.keyboard.press("Enter")
    with page.expect_response("**/api/search/text"):
        season.select_option("autumn")
    assert asked[-1]["season"] == "autumn"
    assert page.url.endswith("#q=a+red+circle&season=autumn")
    expect(page.locator("#filters-button")).to_have_attribute("aria-label", "Filters, 1 in use")
    page.go_back()
    expect(season).to_have_value("")
    assert page.url.endswith("#q=a+red+circle")
    page.go_forward()
    expect(season).to_have_value("autumn")
    page.reload()
    expect(page.get_by_label("Season")).to_have_value("autumn")
    expect(page.locator("#status")).to_contain_text("strong among")
    assert asked[-1]["season"] == "autumn"


def test_a_switch_that_only_the_server_knows_is_drawn_asked_for_and_taken_back(page: Page) -> None:
    asked = list_also(page, HIDDEN)
    hidden = page.get_by_role("button", name="Hidden ones", exact=True)
    expect(hidden).to_have_attribute("aria-pressed", "false")
    with page.expect_response("**/api/photos?*"):
        hidden.click()
    assert asked[-1]["hidden"] == "true"
    expect(hidden).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("#hidden=true")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("strong among")
    assert asked[-1]["hidden"] is True
    page.go_back()
    page.go_back()
    expect(hidden).to_have_attribute("aria-pressed", "false")
    assert "#" not in page.url
    page.click("#filters-button")
    expect(page.locator("#filters")).to_be_hidden()


def test_text_is_searched_for_once_it_is_entered_even_under_the_name_of_a_part_of_the_page(page: Page) -> None:
    asked = list_also(page, PLACE)
    place = page.get_by_label("Place", exact=True)
    expect(place).to_have_attribute("placeholder", "Lisbon")
    before = len(asked)
    place.press_sequentially("Porto")
    with page.expect_response("**/api/photos?*"):
        place.press("Enter")
    assert [fields["map"] for fields in asked[before:]] == ["Porto"]
    page.click("#map-button")
    expect(page.locator("dialog#map")).to_be_visible()


def test_axe_finds_nothing_in_a_bar_with_every_kind_of_filter(open_page: Any, site: str) -> None:
    for scheme in ("light", "dark"):
        page = open_page(site, color_scheme=scheme, reduced_motion="reduce")
        list_also(page, SEASON, HIDDEN, PLACE)
        page.get_by_role("button", name="Hidden ones").click()
        expect(page.locator("#filters-button")).to_have_attribute("aria-label", "Filters, 1 in use")
        expect(page.locator("#status")).to_have_text("29 photos")
        assert faults(page) == []


def test_filters_keep_their_names_and_their_order(page: Page) -> None:
    page.click("#filters-button")
    expect(page.locator("#after")).to_be_visible()
    bar = page.locator("#filters")
    ids = bar.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert ids == [*(name for name, one in known_filters().items() if one.has_input), "sort", "no-filters"]
    assert ids[:5] == ["after", "before", "folder", "camera", "favourites"]
    for role, label, name in (
        ("textbox", "From", "after"),
        ("textbox", "To", "before"),
        ("combobox", "Folder", "folder"),
        ("combobox", "Camera", "camera"),
        ("button", "Favourites", "favourites"),
    ):
        expect(bar.get_by_role(role, name=label, exact=True)).to_have_id(name)
    expect(page.locator("#favourites svg")).to_have_count(1)


def test_photos_do_not_wait_for_the_list_unless_the_address_has_filters(open_page: Any, site: str) -> None:
    page = open_page(site)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/photos" in request.url else None)
    held = Held(page, "**/api/filters")
    page.reload()
    page.wait_for_selector(".tile img.is-loaded")
    page.hover("#filters-button")  # which is about to open the bar
    held.take().continue_()
    page.goto("about:blank")
    asked.clear()
    page.goto(f"{site}/#folder=home")
    listed = held.take()
    expect(page.locator("#box")).to_have_class(re.compile("is-slow"))  # it wants photos, and waits
    assert asked == []
    listed.continue_()
    expect(page.locator("#status")).to_have_text("8 photos")
    expect(page.locator("#folder")).to_have_value("home")
    assert [parse_qs(urlsplit(url).query)["folder"] for url in asked] == [["home"]]


def test_without_a_list_the_page_searches_and_keeps_what_the_address_says(open_page: Any, site: str) -> None:
    page = open_page(site)
    page.route("**/api/filters", lambda route: route.fulfill(status=404, json={"error": {"code": "not_found"}}))
    page.goto("about:blank")
    page.goto(f"{site}/#folder=home&favourites=true")
    expect(page.locator("#status")).to_have_text("29 photos · unknown filters: folder, favourites")
    page.fill("#words", "a red circle")
    expect(page.locator("#status")).to_contain_text("29 strong among 29 photos")
    assert page.url.endswith("#q=a+red+circle&favourites=true&folder=home")
    page.click("#filters-button")
    expect(page.locator("#sort")).to_be_visible()


def test_a_filter_that_the_server_lacks_stays_in_the_address_and_is_told_of(open_page: Any, site: str) -> None:
    page = open_page(f"{site}/#season=autumn&folder=home")
    expect(page.locator("#status")).to_have_text("8 photos · unknown filters: season")
    expect(page.locator("#filters-button")).to_have_attribute("aria-label", "Filters, 1 in use")
    choose_folder(page, "odd")
    expect(page.locator("#status")).to_contain_text("5 photos")
    assert page.url.endswith("#folder=odd&season=autumn")
