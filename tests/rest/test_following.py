"""A server follows the folders of its library: what changes there is served a moment later."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, draw
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings

HANGS_S = 60


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANGS_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def num_images(client: TestClient) -> int:
    return int(client.get("/api/stats").json()["num_images"])


def test_a_new_photo_is_found_and_one_that_is_gone_is_not(library: Path) -> None:
    with client_of(library, Settings(watch=True)) as client:
        until(lambda: client.get("/api/index").json()["stage"] == "done")  # the run at the start
        before = num_images(client)
        draw(library / "new" / "violet.png", (130, 20, 200), seed=77)
        until(lambda: num_images(client) == before + 1)
        found = client.post("/api/search/text", json={"query": "name:violet"}).json()["results"]
        assert [hit["image_id"] for hit in found] == ["new/violet.png"]
        (library / "new" / "violet.png").unlink()
        (library / "new").rmdir()
        until(lambda: num_images(client) == before)


def test_without_the_setting_nothing_is_indexed(library: Path) -> None:
    with client_of(library) as client:
        assert client.app.state.following is None
        assert client.get("/api/index").json()["stage"] == "never"


def test_a_library_that_cannot_be_written_is_served_and_not_followed(
    library: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Collection, "is_writable", False)
    with (
        caplog.at_level(logging.INFO, "twinlens.rest.engine.following"),
        client_of(library, Settings(watch=True)) as client,
    ):
        assert num_images(client) > 0
    assert "the library cannot be written, so its folders are not followed" in caplog.text


def test_a_second_server_of_a_library_takes_over_when_the_first_ends(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.rest.engine.following.TAKE_OVER_S", 0.1)
    with client_of(library, Settings(watch=True)) as first:
        until(lambda: first.get("/api/index").json()["stage"] == "done")
        with client_of(library, Settings(watch=True)) as second:
            before = num_images(second)
            first.app.state.following._stop.set()
            draw(library / "new.png", (130, 20, 200), seed=78)
            until(lambda: num_images(second) == before + 1)


def test_a_call_waits_for_the_next_change_whichever_program_makes_it(library: Path) -> None:
    with client_of(library) as client:
        before = client.get("/api/stats").json()["generation"]
        assert client.get(f"/api/stats?other_than={before + 7}").json()["generation"] == before, "it is another one"
        assert client.get(f"/api/stats?other_than={before}&wait_s=0.3").json()["generation"] == before
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(client.get, f"/api/stats?other_than={before}&wait_s=25") for _ in range(2)]
            draw(library / "late.png", (130, 20, 200), seed=79)
            with Collection.open(library) as other:
                other.index()
            told = [one.result().json() for one in waiting]
        assert all(one["generation"] > before for one in told)
        assert client.get("/api/stats?other_than=1&wait_s=99").status_code == 422


def test_a_server_that_stops_lets_nobody_wait(library: Path) -> None:
    with client_of(library) as client:
        before = client.get("/api/stats").json()["generation"]
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(client.get, f"/api/stats?other_than={before}&wait_s=25")
            client.app.state.engine.stop_streams()
            assert waiting.result(timeout=20).json()["generation"] == before
