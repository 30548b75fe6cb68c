"""Object storage that only a catalog names, not the user, is not connected to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from conftest import ColourEncoder
from rest.served_library import client_of
from stored_photos import coloured
from twinlens.collection.collection import Collection
from twinlens.data.objects import named, storage
from twinlens.data.objects.object_path import ObjectPath, object_path
from twinlens.errors import PhotosMissingError

THEIRS = "sftp://root@elsewhere.example:22/x"


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The places that were connected to; none of them has anything."""
    asked: list[str] = []

    def connect(scheme: str, place: str) -> Any:
        asked.append(f"{scheme}://{place}")
        return MemoryFileSystem()

    monkeypatch.setattr(storage, "_file_system", connect)
    monkeypatch.setattr(named, "_HERE", set())
    storage._storage.cache_clear()
    yield asked
    storage._storage.cache_clear()


@pytest.fixture
def sent(tmp_path: Path, models: dict[str, ColourEncoder]) -> Path:
    """A collection that somebody sent, with a photo folder on a server of theirs."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/red.png").write_bytes(coloured("red"))
    with Collection.create([tmp_path / "p"], at=tmp_path / "sent") as library:
        library.index()
        library.catalog.move_folder(1, THEIRS)
    return tmp_path / "sent"


def place(url: str) -> ObjectPath:
    found = object_path(url)
    assert found is not None
    return found


def test_a_catalog_that_names_a_server_makes_nobody_connect_to_it(sent: Path, connected: list[str]) -> None:
    with Collection.open(sent) as library:
        with client_of(library) as client:
            for path in ("red.png", "red.png/thumbnail?size=64"):
                answer = client.get(f"/api/image/{path}")
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_missing")
            assert client.get("/api/stats").status_code == 200
        with pytest.raises(PhotosMissingError, match=r"^sftp://root@elsewhere.example:22 is not asked.*twinlens index"):
            library.index()
        assert [hit.id for hit in library.search("red", k=1)] == ["red.png"]
    assert connected == []


def test_a_place_that_the_user_names_is_asked(sent: Path, connected: list[str], own_home: Path) -> None:
    Collection.create([THEIRS], at=sent).close()
    named._HERE.clear()  # as in another process
    MemoryFileSystem().pipe_file("/x/red.png", coloured("red"))
    with Collection.open(sent) as library:
        library.index()
    assert connected == ["sftp://root@elsewhere.example:22"]
    assert (own_home / named.FILE).read_text("utf-8").splitlines() == [repr(THEIRS)]


def test_only_what_is_below_a_named_place_is_named(own_home: Path) -> None:
    named.remember(place("s3://mine/public"))
    named.remember(Path("/a/folder"))
    assert named.is_named(place("s3://mine/public/a.jpg"))
    for url in ("s3://mine", "s3://mine/private/a.jpg", "s3://mine/public2", "gs://mine/public", "s3://other/public"):
        assert not named.is_named(place(url))


def test_a_place_is_known_where_its_file_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(named, "_HERE", set())
    named.remember(place("s3://mine/public"))
    assert named.is_named(place("s3://mine/public/a.jpg"))
