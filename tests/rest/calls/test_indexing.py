"""Calls that index: a run is started, followed, and asked about."""

import json
import re
import time
from pathlib import Path

from filelock import FileLock
from PIL import Image

from rest.served_library import PHOTOS, client_of, draw
from twinlens.api.indexing import IndexState
from twinlens.api.library import Collection

N_PHOTOS = len(PHOTOS) + 2


def events(text: str) -> list[tuple[str, dict]]:
    return [(match[1], json.loads(match[2])) for match in re.finditer(r"event: (\w+)\ndata: (.*)\n\n", text)]


def test_indexing_is_followed_by_events_and_finds_the_new_photo(library: Path) -> None:
    Image.new("RGB", (60, 40), (120, 20, 120)).save(library / "fresh.png")
    with client_of(library) as client:
        answer = client.post("/api/index")
        assert answer.headers["content-type"].startswith("text/event-stream")
        name, last = events(answer.text)[-1]
        assert name == "done"
        assert last["counts"]["added"] == 1
        assert last["counts"]["images"] == N_PHOTOS + 1
        assert client.get("/api/index").json()["stage"] == "done"
        assert client.get("/api/image/fresh.png").status_code == 200
        assert events(client.get("/api/index/events").text)[-1][0] == "done"


def test_a_second_run_is_refused_while_another_process_indexes(library: Path) -> None:
    with client_of(library) as client, FileLock(library / ".twinlens" / "index.lock"):
        answer = client.post("/api/index")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_indexing")
        assert client.get("/api/index").json()["stage"] == "never"
        assert client.post("/api/search/text", json={"query": "a dog"}).status_code == 200


def test_the_state_of_a_run_that_died_is_stopped(library: Path) -> None:
    with Collection.open(library) as collection:
        collection.note_index_state(IndexState("running", started_at=1.0, updated_at=time.time() - 100))
    with client_of(library) as client:
        assert client.get("/api/index").json()["stage"] == "stopped"


def test_a_server_that_stops_ends_the_events_with_stopped(library: Path) -> None:
    with Collection.open(library) as collection:
        collection.note_index_state(IndexState("running", started_at=1.0, updated_at=time.time() + 1000, done=3))
    with client_of(library) as client:
        client.app.state.engine.stop_streams()
        told = events(client.get("/api/index/events").text)
    assert [name for name, _ in told] == ["progress", "stopped"]
    assert (told[-1][1]["stage"], told[-1][1]["done"]) == ("stopped", 3)


def test_indexing_takes_no_path(library: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (60, 40)).save(other / "secret.png")
    with client_of(library) as client:
        client.post("/api/index", json={"path": str(other), "folder": str(other)})
        assert client.get("/health").json()["num_images"] == N_PHOTOS


def test_photos_that_seem_unchanged_are_read_again_when_asked_for(library: Path) -> None:
    with client_of(library) as client:
        plain = events(client.post("/api/index").text)[-1][1]["counts"]
        verified = events(client.post("/api/index?verify=true").text)[-1][1]["counts"]
    assert "verified" not in plain
    assert (verified["verified"], verified["changed"], verified["unchanged"]) == (N_PHOTOS, 0, N_PHOTOS)


def test_a_library_of_kinds_that_are_not_read_says_which_and_not_where(tmp_path: Path) -> None:
    library = tmp_path / "raw"
    draw(library / "red.png", (200, 30, 30))
    with Collection.create([library]) as collection:
        collection.index()
    (library / "red.png").unlink()
    (library / "a.xcf").touch()
    with Collection.open(library) as collection:
        assert collection.index(forget_missing=True).images == 0
    with client_of(library) as client:
        name, told = events(client.post("/api/index").text)[-1]
    assert (name, "1 .xcf" in told["message"], str(tmp_path) in told["message"]) == ("failed", True, False)
