"""A library of 10,000 photos: scrolled to its end, searched while typing, with a page that stays small."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.sync_api import Page, expect

from browser.drawn_library import multiply
from browser.served_page import ServedPage, stop_time, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 10_000


@pytest.fixture(scope="module")
def large(drawn: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Address of a server of 10,000 photos; all test processes share the library, which nobody changes."""
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    root, made = shared / "large" / "photos", shared / "large.made"
    with FileLock(shared / "large.lock"):
        if not made.exists():
            shutil.copytree(drawn, root)
            multiply(root, COUNT)
            ServedPage(root).stop()  # which derives what a server needs from the catalog
            made.touch()
    served = ServedPage(root, "--no-watch")
    yield served.url
    served.stop()


LAST = "Math.max(...[...document.querySelectorAll('.tile')].map((one) => Number(one.dataset.index)))"


def tiles(page: Page) -> int:
    return page.locator(".tile").count()


def scroll_on(page: Page, last: int) -> int:
    """Scrolls to the end until photos behind the last are shown; index of what is now the last."""
    until(page, f"(window.scrollTo({{ top: document.body.scrollHeight }}), {LAST} > {last})")
    return int(page.evaluate(LAST))


@pytest.mark.parametrize("hash_", ["", "#q=a+red+square"])
def test_the_end_is_reached_and_the_page_stays_small(open_page: Any, large: str, hash_: str) -> None:
    page = open_page(f"{large}/{hash_}")
    expect(page.locator("#status")).to_contain_text("10,000 photos")
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    before = page.evaluate("performance.memory.usedJSHeapSize")
    most, last = 0, -1
    while last < COUNT - 1:
        last = scroll_on(page, last)
        most = max(most, tiles(page))
    assert last == COUNT - 1
    assert most < 400
    client.send("HeapProfiler.collectGarbage")
    assert page.evaluate("performance.memory.usedJSHeapSize") - before < 30e6
    assert page.evaluate("document.querySelectorAll('*').length") < 3000


def test_photos_on_the_way_are_those_of_their_place(open_page: Any, large: str) -> None:
    page = open_page(f"{large}/#q=a+red+square")
    last = -1
    while last < 1000:
        last = scroll_on(page, last)
    page.evaluate("window.scrollTo({ top: document.body.scrollHeight / 2 })")
    until(page, f"{LAST} < {last}")
    ranks = page.locator(".tile .badge").evaluate_all("all => all.map((one) => parseInt(one.textContent))")
    places = page.locator(".tile").evaluate_all("all => all.map((one) => Number(one.dataset.index) + 1)")
    assert ranks == places == sorted(places)


def test_results_keep_coming_while_somebody_types(open_page: Any, large: str) -> None:
    page = open_page(large)
    page.locator("#words").press_sequentially("a red circle on a white ground", delay=40)
    expect(page.locator("#status")).to_contain_text("10,000 strong among 10,000 photos")
    expect(page.locator(".badge").first).to_have_text("1 · strong")
    assert tiles(page) < 400


def test_no_more_photos_are_asked_for_until_the_query_rests(open_page: Any, large: str) -> None:
    page = open_page(large)
    offsets: list[int] = []
    page.on("request", lambda one: offsets.append(one.post_data_json["offset"]) if "/search/" in one.url else None)
    stop_time(page)
    page.fill("#words", "a red square")
    page.clock.run_for(200)
    expect(page.locator(".tile .badge").first).to_be_visible()
    until(page, "fetch('/health').then((answer) => answer.ok)")  # what was asked for before it has been noted
    assert offsets == [0]
    with page.expect_request(lambda one: one.url.endswith("/search/text")):
        page.clock.run_for(1000)
    assert offsets == [0, 60]
