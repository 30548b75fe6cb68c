"""Searching with a picture that is chosen, pasted or dropped, alone and with words."""

import base64
import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Response, expect

from browser.served_page import PATIENCE_S
from browser.test_accessibility import faults
from browser.tiles import names

pytestmark = pytest.mark.browser
FILE = "home/blue square.jpg"
HAND_OVER = """([kind, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "query.jpg", { type: "image/jpeg" }));
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") document.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: carried }));
  else for (const name of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: carried }));
}"""


def first_name(page: Page) -> str:
    return names(page)[0]


def test_a_chosen_picture_finds_itself_first(page: Page, drawn: Path) -> None:
    with page.expect_response("**/api/search/image"):
        page.set_input_files("#file", drawn / FILE)
    expect(page.locator(".chip img")).to_have_count(1)
    expect(page.locator("#status")).to_contain_text("strong among")
    assert first_name(page) == Path(FILE).name


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(page: Page, drawn: Path, kind: str) -> None:
    data = base64.b64encode((drawn / FILE).read_bytes()).decode()
    with page.expect_response("**/api/search/image"):
        page.evaluate(HAND_OVER, [kind, data])
    expect(page.locator(".chip img")).to_have_count(1)
    expect(page.locator("#status")).to_contain_text("strong among")
    expect(page.locator("#veil")).to_be_hidden()
    assert first_name(page) == Path(FILE).name


def test_words_and_a_picture_go_into_one_search(page: Page, drawn: Path) -> None:
    page.set_input_files("#file", drawn / FILE)
    expect(page.locator("#status")).to_contain_text("strong among")
    with page.expect_response("**/api/search/image*") as found:
        page.fill("#words", "a yellow circle")
    assert found.value.json()["query"] == "picture 1 + a yellow circle"


def wait_for_understood(page: Page, answers: list[Response], beginning: str) -> None:
    """Waits until a search understood what begins so; an answer that the page gave up has no body."""

    def last() -> str:
        for answer in reversed(answers):
            with suppress(Error):
                return str(answer.json()["understood"])
        return ""

    deadline = time.monotonic() + PATIENCE_S
    while not last().startswith(beginning):
        assert time.monotonic() < deadline, last()
        page.wait_for_timeout(50)


def test_several_pictures_are_searched_by_and_one_of_them_is_turned_to_what_is_left_out(
    page: Page, drawn: Path
) -> None:
    page.set_input_files("#file", drawn / FILE)
    expect(page.locator("#status")).to_contain_text("strong among")
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if one.url.endswith("/api/search/image") else None)
    # the second time it is there already; both before the photos change
    page.locator(".tile .like").nth(3).evaluate("one => [one.click(), one.click()]")
    expect(page.locator(".chip img")).to_have_count(2)
    page.locator(".chip").nth(1).get_by_role("button", name="More like").click()
    wait_for_understood(page, answers, "picture 1, without ")
    expect(page.get_by_role("button", name="Not like")).to_have_count(1)
    expect(page.locator("#parts")).to_be_hidden()
    assert faults(page) == []
    page.fill("#words", "a circle")
    with page.expect_request(lambda call: '"without":[{' in (call.post_data or "")) as sent:
        page.get_by_role("button", name=f"Remove {Path(FILE).name}").click()
    asked = sent.value.post_data_json
    assert (asked["query"], asked["images"], len(asked["without"])) == ("a circle", [], 1)
    # whether a circle is left depends on which photo is left out
    wait_for_understood(page, answers, "“a circle”, without ")
    page.get_by_role("button", name="Remove", exact=False).first.click()
    expect(page.locator(".chip img")).to_have_count(0)
    expect(page.locator("#words")).to_have_value("a circle")


def test_a_picture_from_elsewhere_is_not_in_the_address(page: Page, drawn: Path) -> None:
    page.set_input_files("#file", drawn / FILE)
    expect(page.locator("#status")).to_contain_text("strong among")
    assert page.evaluate("location.hash") == ""


def test_a_file_that_is_no_picture_is_told_in_the_servers_words(page: Page) -> None:
    page.set_input_files("#file", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("#status")).to_contain_text("picture 1 cannot be used")


def test_a_large_picture_is_made_smaller_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 256, size=(1500, 2000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.jpg", quality=98)
    assert (tmp_path / "large.jpg").stat().st_size > 2_000_000
    with page.expect_response("**/api/search/image") as found:
        page.evaluate(HAND_OVER, ["drop", base64.b64encode((tmp_path / "large.jpg").read_bytes()).decode()])
    assert int(found.value.request.all_headers()["content-length"]) < 2_000_000
    expect(page.locator("#status")).to_contain_text("strong among")
