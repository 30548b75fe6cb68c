"""A server shows photos in object storage: small pictures from its cache, originals while they come."""

import io
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from PIL import Image
from starlette.testclient import TestClient

from conftest import ColourEncoder
from rest.served_library import client_of
from stored_photos import asked, coloured, put, remove
from twinlens.api.library import Collection
from twinlens.collection.showing.exporting.export import export_target, write_export

RED = coloured("red", side=300)
ODD = "in/é #?&'.jpg"


@pytest.fixture
def client(encoder: ColourEncoder, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """Of a library in a bucket that has the name of the test."""
    bucket = request.node.name
    put(bucket, {"red.png": RED, ODD: coloured("blue", image_format="JPEG")})
    with Collection.create(f"memory://{bucket}", model=encoder) as library:
        library.index()
        with client_of(library) as made:
            yield made


def test_small_pictures_come_from_the_cache_without_asking(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/image/red.png/thumbnail", params={"size": 64})
    assert Image.open(io.BytesIO(first.content)).size == (64, 64)
    with asked(monkeypatch, fails=ConnectionError("away")) as counts:
        again = client.get("/api/image/red.png/thumbnail", params={"size": 64})
        assert again.content == first.content
        assert client.post("/api/search/text", json={"query": "red"}).json()["results"][0]["image_id"] == "red.png"
    assert not counts


def test_a_replaced_object_is_not_kept_as_the_picture_of_what_was_indexed(
    client: TestClient, request: pytest.FixtureRequest
) -> None:
    put(request.node.name, {"red.png": coloured("blue", side=300)})
    shown = client.get("/api/image/red.png/thumbnail", params={"size": 32}).content
    assert Image.open(io.BytesIO(shown)).getpixel((9, 9))[2] > 150
    put(request.node.name, {"red.png": RED})
    shown = client.get("/api/image/red.png/thumbnail", params={"size": 32}).content
    assert Image.open(io.BytesIO(shown)).getpixel((9, 9))[0] > 150


def test_originals_are_sent_whole_with_their_type_and_length(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.get("/api/image/red.png")
    assert answer.content == RED
    assert (answer.headers["content-type"], answer.headers["content-length"]) == ("image/png", str(len(RED)))
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/api/image/red.png", headers=known).status_code == 304
    with asked(monkeypatch) as counts:
        head = client.head("/api/image/red.png")
    assert (head.headers["content-length"], head.content) == (str(len(RED)), b"")
    assert counts["cat_file"] == 1  # its first bytes, which tell what it is
    odd = client.get("/api/image/in%2F%C3%A9%20%23%3F%26%27.jpg", params={"download": True})
    assert odd.headers["content-type"] == "image/jpeg"
    assert odd.headers["content-disposition"].startswith("attachment")


def test_what_is_gone_or_away_is_told_in_one_sentence(
    client: TestClient, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.data.objects.storage.AWAY_S", 0.0)
    with asked(monkeypatch, fails=ConnectionError("away")):
        answer = client.get("/api/image/red.png")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_missing")
        assert client.post("/api/search/text", json={"query": "red"}).status_code == 200
    remove(request.node.name, "red.png")
    assert client.get("/api/image/red.png").status_code in (404, 410)


def test_a_silent_server_costs_a_page_one_short_wait(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.collection.showing.file.SHOWN_S", 0.1)
    monkeypatch.setattr("twinlens.data.objects.storage.REACHED_S", 0.05)
    monkeypatch.setattr("twinlens.data.objects.storage.AWAY_S", 60.0)
    silent, counts = threading.Event(), Counter[str]()

    def wait(*_: object, **__: object) -> bytes:
        counts["calls"] += 1
        silent.wait()
        raise ConnectionError("away")

    with monkeypatch.context() as patch:
        for name in ("cat_file", "info"):
            patch.setattr(MemoryFileSystem, name, wait)
        for size in (64, 128, 256):
            answer = client.get("/api/image/red.png/thumbnail", params={"size": size})
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_missing")
        assert counts["calls"] == 2  # the picture, and whether its folder can be seen
        silent.set()


def test_a_place_that_was_away_is_asked_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.data.objects.storage.AWAY_S", 0.0)
    with asked(monkeypatch, fails=ConnectionError("away")):
        assert client.get("/api/image/red.png").status_code == 503
    assert client.get("/api/image/red.png").content == RED


def test_a_gallery_is_whole_when_storage_goes_away_in_the_middle(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/api/image/red.png/thumbnail", params={"size": 512})  # is in the cache from now on
    with asked(monkeypatch, fails=ConnectionError("away")):
        page = client.post("/api/archive/gallery", json={"image_ids": [ODD, "red.png"], "heading": "Two"}).text
    assert page.endswith("</html>\n")
    assert page.count("<figure>") == 1
    assert "<li>é #?&amp;&#x27;.jpg: its disk or server is away</li>" in page
    assert "memory:" not in page


def test_photos_are_exported(client: TestClient, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    library: Collection = client.app.state.engine.collection
    answer = library.answer("red blue", k=2, show_all=True)
    for name, copies in (("links/", False), ("copies/", True), ("gallery.html", False)):
        target = export_target(f"{tmp_path}/{name}", copies=copies)
        assert write_export(answer, target) == len(answer.matching)
    for folder in ("links", "copies"):
        copied = {file.name.partition("_")[2]: file for file in (tmp_path / folder).iterdir()}
        assert copied["red.png"].read_bytes() == RED
        assert not copied["red.png"].is_symlink()
    assert "red.png" in (tmp_path / "gallery.html").read_text("utf-8")
    remove(request.node.name, ODD)
    with zipfile.ZipFile(io.BytesIO(client.post("/api/archive", json={"image_ids": ["red.png", ODD]}).content)) as made:
        assert made.read("red.png") == RED
        assert b"file is gone" in made.read("left out.txt")
