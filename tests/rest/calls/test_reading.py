"""Calls that read the text in pictures: a run is started, followed, asked about, refused."""

import json
import re
from pathlib import Path

import pytest

from rest.served_library import PHOTOS, client_of
from twinlens.collection import collection
from twinlens.collection.place.disk import only_text_reader
from twinlens.errors import TextRecognizerError
from twinlens.rest.calls import reading
from twinlens.rest.engine import text_run
from twinlens.types import TextPiece

N_PHOTOS = len(PHOTOS) + 2


class Reader:
    """Reads the same in each picture."""

    def read(self, _: object) -> list[TextPiece]:
        return [TextPiece("way out", 0.99)]


class BrokenReader:
    def __init__(self) -> None:
        raise TextRecognizerError("rapidocr cannot be started: no memory in /srv/models")


def events(text: str) -> list[tuple[str, dict]]:
    return [(match[1], json.loads(match[2])) for match in re.finditer(r"event: (\w+)\ndata: (.*)\n\n", text)]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reading, text_run):
        monkeypatch.setattr(module, "can_read_texts", lambda: True)
    monkeypatch.setattr(collection, "RapidRecognizer", Reader)


def test_photos_are_read_with_progress_and_then_found(library: Path) -> None:
    with client_of(library) as client:
        before = client.get("/api/index/texts").json()
        assert (before["stage"], before["is_installed"], before["num_waiting"]) == ("never", True, N_PHOTOS)
        name, last = events(client.post("/api/index/texts?all=true").text)[-1]
        assert (name, last["done"], last["with_text"], last["failed"]) == ("done", last["to_read"], last["done"], 0)
        after = client.get("/api/index/texts").json()
        assert (after["stage"], after["num_with_text"], after["num_waiting"]) == ("done", N_PHOTOS, 0)
        assert events(client.get("/api/index/texts/events").text)[-1][0] == "done"
        found = client.post("/api/search/text", json={"query": "text:way"}).json()
        assert len(found["results"]) == N_PHOTOS


def test_where_the_extra_is_missing_the_answer_says_what_to_install(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (reading, text_run):
        monkeypatch.setattr(module, "can_read_texts", lambda: False)
    with client_of(library) as client:
        assert client.get("/api/index/texts").json()["is_installed"] is False
        answer = client.post("/api/index/texts")
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_installed")
        assert "pip install 'twinlens[ocr]'" in answer.json()["error"]["hint"]


def test_a_run_that_is_refused_or_fails_at_once_says_why_and_leaves_no_state(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(library) as client, only_text_reader(library / ".twinlens"):
        answer = client.post("/api/index/texts")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_reading")
        assert client.get("/api/index/texts").json()["stage"] == "never"
    monkeypatch.setattr(collection, "RapidRecognizer", BrokenReader)
    with client_of(library) as client:
        answer = client.post("/api/index/texts")
        assert (answer.status_code, "/srv" in answer.text) == (503, False)
