"""Text in pictures is read once for each content, finds its photos, and survives whatever happens to them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import COLOURS, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.place.disk import only_text_reader
from twinlens.collection.recognizing import reading
from twinlens.errors import CollectionBusyError, CollectionError, PhotosMissingError, TextRecognizerError
from twinlens.types import TextPiece

OpenCollection = Callable[..., Collection]
WRITTEN = {
    "red": [TextPiece("SORTIE de Secours", 0.97), TextPiece("blurred", 0.4)],
    "blue": [TextPiece("Café Übersee", 0.9), TextPiece("出口在左边", 0.9), TextPiece("o", 0.99)],
}


class ColourReader:
    """Reads in a picture what ``WRITTEN`` says of its colour; fails on ``fails`` with ``error``."""

    def __init__(self, *, fails: str | None = None, error: BaseException | None = None) -> None:
        self.seen: list[str] = []
        self._fails, self._error = fails, error or TextRecognizerError("no such letters")

    def read(self, image: Image.Image) -> list[TextPiece]:
        mean = np.asarray(image).reshape(-1, 3).mean(axis=0)
        colour = min(COLOURS, key=lambda name: float(np.abs(mean - COLOURS[name]).sum()))
        self.seen.append(colour)
        if self._fails in (colour, "all"):
            raise self._error
        return WRITTEN.get(colour, [])


@pytest.fixture
def collection(open_collection: OpenCollection, make_photo: PhotoMaker) -> Collection:
    for colour in ("blue", "green", "red"):
        make_photo(f"{colour}.png", colour)
    opened = open_collection()
    opened.index()
    return opened


def found(collection: Collection, query: str) -> list[str]:
    return [hit.id for hit in collection.answer(query).hits]


def test_videos_are_not_photos_to_be_read(collection: Collection) -> None:
    with collection.catalog.transaction() as connection:
        connection.execute("UPDATE photos SET duration_ms = 5000 WHERE path = 'red.png'")
    report = collection.read_texts(recognizer=ColourReader())
    assert (report.read, report.failed, report.waiting) == (2, [], 0)
    assert collection.catalog.read_texts.counts().waiting == 0


def test_photos_are_found_by_what_is_written_in_them(collection: Collection) -> None:
    assert found(collection, "text:sortie") == []
    report = collection.read_texts(recognizer=ColourReader())
    assert (report.read, report.with_text, report.unlikely, report.failed, report.waiting) == (3, 2, 0, [], 0)
    for query in ("text:sortie", 'text:"de secours"', '"sortie de"', "has:text -text:café"):
        assert found(collection, query) == ["red.png"], query
    for query in (
        "text:cafe",
        "text:ÜBERSEE",
        'text:"cafe ubersee"',
        "has:text -text:secours",
        "text:出口",
        "text:左边",
    ):
        assert found(collection, query) == ["blue.png"], query
    assert found(collection, "text:blurred") == found(collection, "text:o") == found(collection, "text:ortie") == []
    assert found(collection, "text:?!") == []
    first = collection.answer("sortie de secours").hits[0]
    assert (first.id, first.found_by, first.written_in()) == ("red.png", ("text",), "text in the picture")
    assert [hit.id for hit in collection.search("anything", text="ubersee")] == ["blue.png"]
    card = collection.photo("red.png")
    assert card is not None
    assert card.text == "SORTIE de Secours"
    assert collection.status()["texts"] == {"read": 3, "with_text": 2, "unlikely": 0, "waiting": 0}
    assert ",,SORTIE de Secours" in collection.list_photos(["red.png"])


def test_each_content_is_read_once_whatever_its_names(collection: Collection, photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "red.png", photos / "copy.png")
    collection.index()
    reader = ColourReader()
    assert collection.read_texts(recognizer=reader).read == len(reader.seen) == 3
    assert sorted(found(collection, "text:sortie")) == ["copy.png", "red.png"]
    (photos / "red.png").rename(photos / "renamed.png")
    shutil.copy(photos / "blue.png", photos / "later.png")
    collection.index()
    assert sorted(found(collection, "text:sortie")) == ["copy.png", "renamed.png"]
    assert sorted(found(collection, '"café übersee"')) == ["blue.png", "later.png"]
    (photos / "blue.png").rename(tmp_path / "away.png")
    (photos / "later.png").unlink()
    collection.index()
    assert found(collection, "text:café") == []
    (tmp_path / "away.png").rename(photos / "back.png")
    collection.index()
    assert found(collection, "café übersee")[0] == found(collection, "text:café")[0] == "back.png"
    again = ColourReader()
    assert (collection.read_texts(recognizer=again).read, again.seen) == (0, [])


def test_changed_photo_is_read_again_and_no_longer_found_by_what_it_said(
    collection: Collection, make_photo: PhotoMaker
) -> None:
    collection.read_texts(recognizer=ColourReader())
    assert found(collection, '"sortie de secours"') == ["red.png"]
    make_photo("red.png", "blue", seed=5)
    collection.index()
    assert found(collection, '"sortie de secours"') == found(collection, "text:sortie") == []
    assert collection.status()["texts"]["waiting"] == 1
    reader = ColourReader()
    collection.read_texts(recognizer=reader)
    assert reader.seen == ["blue"]
    assert sorted(found(collection, '"cafe ubersee"')) == ["blue.png", "red.png"]


def test_interrupted_run_keeps_what_was_read_and_the_next_one_goes_on(collection: Collection) -> None:
    with pytest.raises(KeyboardInterrupt):
        collection.read_texts(recognizer=ColourReader(fails="green", error=KeyboardInterrupt()))
    assert found(collection, "text:café") == ["blue.png"]
    assert collection.status()["texts"] == {"read": 1, "with_text": 1, "unlikely": 0, "waiting": 2}
    reader, told = ColourReader(), []
    collection.read_texts(recognizer=reader, on_progress=lambda done, total: told.append((done, total)))
    assert (reader.seen, told) == (["green", "red"], [(1, 2), (2, 2)])


def test_a_photo_on_which_the_recognizer_fails_is_told_and_tried_again(collection: Collection) -> None:
    report = collection.read_texts(recognizer=ColourReader(fails="green"))
    assert (report.read, report.failed, report.waiting) == (2, [("green.png", "no such letters")], 1)
    assert report.to_json()["failed"] == [{"path": "green.png", "reason": "no such letters"}]
    assert collection.read_texts(recognizer=ColourReader()).read == 1


def test_a_recognizer_that_fails_on_photo_after_photo_ends_the_run(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FAILURES", 2)
    with pytest.raises(TextRecognizerError, match=r"^2 photos in a row could not be read: no such letters$"):
        collection.read_texts(recognizer=ColourReader(fails="all"))


def test_photos_that_are_gone_damaged_or_changed_since_are_told(
    collection: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    (photos / "blue.png").unlink()
    (photos / "green.png").write_bytes((photos / "green.png").read_bytes()[:60])
    make_photo("red.png", "red", seed=7)
    report = collection.read_texts(recognizer=ColourReader())
    reasons = dict(report.failed)
    assert (report.read, [*reasons]) == (0, ["blue.png", "green.png", "red.png"])
    assert "changed since it was indexed; twinlens index" in reasons["red.png"]


def test_photos_in_which_nothing_looks_like_writing_are_left_out_unless_all_are_wanted(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "can_tell", lambda model, dim: (model, dim) == ("default", 3))
    monkeypatch.setattr(reading, "are_likely", lambda likeness: likeness[:, 0] > likeness[:, 1:].max(axis=1))
    reader = ColourReader()
    report = collection.read_texts(recognizer=reader)
    assert (reader.seen, report.read, report.unlikely) == (["red"], 1, 2)
    assert collection.status()["texts"] == {"read": 1, "with_text": 1, "unlikely": 2, "waiting": 0}
    assert collection.read_texts(recognizer=ColourReader()).unlikely == 0
    report = collection.read_texts(all_photos=True, recognizer=reader)
    assert (reader.seen, report.read, report.unlikely) == (["red", "blue", "green"], 2, 0)


def test_filters_choose_what_is_read(collection: Collection) -> None:
    reader = ColourReader()
    assert collection.read_texts(recognizer=reader, name="red").waiting == 2
    assert reader.seen == ["red"]


def test_what_cannot_be_done_is_refused_before_anything_is_read(
    collection: Collection, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_text_reader(collection.path), pytest.raises(CollectionBusyError, match="is reading the text"):
        collection.read_texts(recognizer=ColourReader())
    monkeypatch.setattr(collection, "_writable", False)
    with pytest.raises(CollectionError, match="cannot be written, so no text can be kept there"):
        collection.read_texts(recognizer=ColourReader())
    monkeypatch.setattr(collection, "_writable", True)
    moved = photos.rename(tmp_path / "elsewhere")
    with pytest.raises((PhotosMissingError, CollectionError)):
        collection.read_texts(recognizer=ColourReader())
    moved.rename(photos)
    assert collection.read_texts(recognizer=ColourReader()).read == 3


def test_texts_of_contents_that_have_been_gone_for_a_year_are_dropped(collection: Collection, photos: Path) -> None:
    collection.read_texts(recognizer=ColourReader())
    (photos / "red.png").unlink()
    collection.index()
    with collection.catalog.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM read_texts").fetchone() == (3,)
        connection.execute("UPDATE read_texts SET seen_on = date('now', '-400 days')")
    collection.index()
    with collection.catalog.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM read_texts").fetchone() == (2,)
