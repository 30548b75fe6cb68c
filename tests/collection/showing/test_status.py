from collections.abc import Callable
from pathlib import Path

from conftest import PhotoMaker
from twinlens.collection.collection import Collection


def test_a_status_says_where_what_and_how_much(
    make_photo: PhotoMaker, open_collection: Callable[..., Collection], photos: Path
) -> None:
    make_photo("red.png", "red")
    (photos / "broken.jpg").write_bytes(b"no photo")
    collection = open_collection()
    assert collection.status()["fingerprint"] is None
    collection.index()
    status = collection.status()
    assert status["collection"] == str(photos / ".twinlens")
    assert status["folders"] == [{"path": str(photos), "present": True}]
    assert (status["images"], status["captions"], status["skipped"]) == (1, 0, 1)
    assert (status["model"], status["fingerprint"], status["store"]) == ("default", "colour0000000001", "exact")
    assert status["model_change"] is None
    on_disk = sum(file.stat().st_size for file in (photos / ".twinlens").rglob("*") if file.is_file())
    assert status["disk_bytes"] == on_disk
