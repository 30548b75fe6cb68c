"""A link to what is shown: made, opened by somebody else, taken back; and a photo dragged out."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.served_page import ServedPage, until, until_at_rest
from browser.test_accessibility import faults
from browser.test_languages import LOCALES, add_arabic, texts_of

pytestmark = pytest.mark.browser
KEY = "a-key-that-shares"
NO_PICTURE = "<svg xmlns='http://www.w3.org/2000/svg'/>"
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def shared_site(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server below a path, that wants a key."""
    library = Path(shutil.copytree(drawn, tmp_path_factory.mktemp("shared") / "photos"))
    served = ServedPage(library, "--api-key", KEY, "--root-path", "/family")
    yield f"{served.url}/family/"
    served.stop()


def test_a_search_is_shared_seen_by_somebody_else_and_taken_back(open_page: Any, shared_site: str) -> None:
    page = open_page(f"{shared_site}#q=a+red+square", wait=False)
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    page.click("#share-results")
    expect(page.locator("#share-body")).to_contain_text("What “a red square” finds, also later.")
    expect(page.locator("#share-body")).to_contain_text("No links yet.")
    page.get_by_label("Heading").fill("Red ones")
    until_at_rest(page)
    assert faults(page) == []
    page.get_by_role("button", name="Make the link").click()
    expect(page.locator("#share-link")).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text="only on this machine")).to_be_visible()
    expect(page.locator(".links")).to_contain_text("Red ones · Search “a red square”")
    assert faults(page) == []
    link = page.input_value("#share-link")
    assert link.startswith(f"{shared_site}share#1-")

    asked: list[str] = []
    guest = open_page("about:blank", wait=False, **PHONE)
    guest.on("request", lambda request: asked.append(request.url))
    guest.goto(link)
    tiles = guest.locator("#wall button")
    expect(tiles.first).to_be_visible()
    expect(guest.get_by_role("heading", name="Red ones")).to_be_visible()
    until(guest, "document.querySelector('#wall img').naturalWidth > 0")
    assert faults(guest) == []
    tiles.first.click()
    expect(guest.locator("#viewer-name")).to_contain_text("1 of ")
    expect(guest.locator("#viewer-download")).to_be_hidden()
    guest.keyboard.press("ArrowRight")
    expect(guest.locator("#viewer-name")).to_contain_text("2 of ")
    until_at_rest(guest)
    assert faults(guest) == []
    guest.keyboard.press("Escape")
    expect(tiles.nth(1)).to_be_focused()
    secret = link.partition("#")[2]
    assert not [address for address in asked if secret in address.partition("#")[0]], "no log has the key"
    told = guest.content() + " ".join(asked)
    assert not [name for name in ("red-square", ".jpg", ".png", "home/") if name in told]

    page.locator(".links").get_by_role("button", name="Take back").click()
    expect(page.locator(".links")).to_contain_text("opened once")
    guest.reload()
    expect(guest.locator("#no-share")).to_contain_text("This link was taken back")
    assert faults(guest) == []
    guest.goto(f"{shared_site}share#1-nothing")
    expect(guest.locator("#no-share")).to_contain_text("This link shows nothing")


def test_selected_photos_are_shared_and_one_is_dragged_out_as_its_file(open_page: Any, site: str) -> None:
    page = open_page(site)
    carried = page.locator(".tile .open").first.evaluate(
        """(button) => {
          button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, pointerType: "mouse" }));
          const dataTransfer = new DataTransfer();
          const event = new DragEvent("dragstart", { bubbles: true, cancelable: true, dataTransfer });
          const goesOn = button.dispatchEvent(event) && button.draggable;
          return goesOn && [dataTransfer.getData("DownloadURL"), dataTransfer.getData("text/uri-list")];
        }"""
    )
    kind, name, address = carried[0].split(":", 2)
    assert (kind, address) == ("image/png" if name.endswith(".png") else "image/jpeg", carried[1])
    sent = page.request.get(address)
    assert (sent.status, sent.headers["content-disposition"].partition(";")[0]) == (200, "attachment")
    page.locator(".tile .pick").first.click()
    page.locator(".tile .pick").nth(1).click()
    page.locator("#selection").get_by_role("button", name="Share").click()
    expect(page.locator("#share-body")).to_contain_text("2 photos: just these")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".tile .open").first.click()
    page.locator("#viewer-share").click()
    expect(page.locator("#share-body")).to_contain_text("One photo.")


def test_an_album_is_shared_until_the_day_that_is_chosen(open_page: Any, shared_site: str) -> None:
    page = open_page(f"{shared_site}#album=Reds", wait=False)
    put = {"name": "Reds", "image_ids": ["home/red square.jpg", "home/red circle.jpg"]}
    assert page.request.post(f"{shared_site}api/albums", data=put, headers={"X-API-Key": KEY}).ok
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    page.click("#share-results")
    expect(page.locator("#share-body")).to_contain_text("Reds")
    page.get_by_label("The link expires after").select_option("7")
    with page.expect_request("**/api/shares") as asked:
        page.get_by_role("button", name="Make the link").click()
    told = asked.value.post_data_json
    assert (told["album"], told["expires_days"]) == ("Reds", 7)
    expect(page.locator("#share-link")).to_be_focused()
    guest = open_page("about:blank", wait=False)
    guest.goto(page.input_value("#share-link"))
    expect(guest.get_by_role("heading", name="Reds")).to_be_visible()
    expect(guest.locator("#line")).to_contain_text("2 photos, until ")
    expect(guest.locator("#wall button")).to_have_count(2)


def test_a_link_to_one_photo_shows_it_large_and_one_to_none_says_so(open_page: Any, shared_site: str) -> None:
    guest = open_page("about:blank", wait=False, base_url=shared_site)
    owner = {"Authorization": f"Bearer {KEY}"}
    photo = {"image_ids": ["home/red square.jpg"]}

    def call(path: str, **data: Any) -> Any:
        return guest.request.post(f"{shared_site}api/{path}", data=data, headers=owner).json()

    guest.goto(shared_site + call("shares", **photo)["address"])
    tile = guest.locator("#wall button")
    until(guest, "document.querySelector('#wall img')?.naturalWidth > 0")
    assert tile.bounding_box()["height"] == pytest.approx(400, abs=1)  # as large as it is
    for is_in in (True, False):
        call("albums", name="None any more", is_in=is_in, **photo)
    guest.goto(shared_site + call("shares", album="None any more")["address"])
    expect(guest.locator("#line")).to_have_text("No photos are here now.")
    assert faults(guest) == []


def test_near_copies_of_a_shared_search_stand_behind_one_until_somebody_wants_each(open_page: Any, site: str) -> None:
    guest = open_page("about:blank", wait=False)
    share = {"number": 1, "heading": "Red", "num_photos": 4, "num_entries": 2, "originals": False, "expires_at": None}
    photos = [
        {"photo": name, "width": 300, "height": 200, "taken_on": None, "duration_s": None, "behind": behind,
         "num_alike": 2 * (name == "a")}
        for name, behind in (("a", None), ("b", "a"), ("c", "a"), ("d", None))
    ]  # fmt: skip
    guest.route("**/api/shared", lambda route: route.fulfill(json=share))
    guest.route("**/api/shared/1/photos?*", lambda route: route.fulfill(json={"photos": photos}))
    guest.route(
        "**/picture?*",
        lambda route: route.fulfill(content_type="image/svg+xml", body=NO_PICTURE),
    )
    guest.goto(f"{site}/share#1-key")
    tiles = guest.locator("#wall button")
    expect(tiles).to_have_count(2)
    expect(tiles.first).to_have_accessible_name("1 of 2, 2 alike")
    expect(tiles.first).to_have_text("+2 alike")
    assert faults(guest) == []
    unfold = guest.get_by_role("button", name="Show near copies one by one")
    unfold.click()
    expect(unfold).to_have_attribute("aria-pressed", "true")
    expect(tiles).to_have_count(4)
    tiles.nth(1).click()
    expect(guest.locator("#viewer-name")).to_have_text("2 of 4")
    guest.keyboard.press("Escape")
    unfold.click()
    expect(tiles).to_have_count(2)


def test_shared_photos_follow_the_order_of_reading(open_page: Any, site: str) -> None:
    guest = open_page("about:blank", wait=False, locale=LOCALES["ar"], **PHONE)
    share = {"number": 1, "heading": "Red", "num_photos": 2, "num_entries": 2, "originals": False, "expires_at": None}
    size = {"width": 300, "height": 200, "taken_on": None, "duration_s": None, "behind": None, "num_alike": 0}
    guest.route(f"{site}/share", add_arabic)
    guest.route("**/texts/ar.json", lambda route: route.fulfill(json=texts_of("ar")))
    guest.route("**/api/shared", lambda route: route.fulfill(json=share))
    photos = {"photos": [{"photo": name, **size} for name in "ab"]}
    guest.route("**/api/shared/1/photos?*", lambda route: route.fulfill(json=photos))
    guest.route("**/picture?*", lambda route: route.fulfill(content_type="image/svg+xml", body=NO_PICTURE))
    guest.goto(f"{site}/share#1-key")
    tiles = guest.locator("#wall button")
    expect(tiles).to_have_count(2)
    first, second = tiles.evaluate_all("all => all.map((one) => one.getBoundingClientRect().left)")
    assert first > second
    tiles.first.click()
    expect(guest.locator("#viewer-next")).to_be_enabled()
    guest.keyboard.press("ArrowLeft")
    expect(guest.locator("#viewer-next")).to_be_disabled()
    assert faults(guest) == []
