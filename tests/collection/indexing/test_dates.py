"""A photo's date and what told it, through all that may happen to its file."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection

OpenCollection = Callable[..., Collection]
MAY_2020 = datetime(2020, 5, 5, 12).timestamp()
NAMED = ("2021-07-04T11:36:39", "name")
OF_FILE = ("2020-05-05T12:00:00", "file")


def date_of(collection: Collection, photo_id: str) -> tuple[str | None, str | None]:
    card = collection.photo(photo_id)
    assert card is not None
    return card.taken_at, card.date_source


def of_may(path: Path) -> Path:
    os.utime(path, (MAY_2020, MAY_2020))
    return path


@pytest.fixture
def collection(open_collection: OpenCollection, make_photo: PhotoMaker) -> Collection:
    """Two undated photos: one with a date in its name, one with that of its file only."""
    of_may(make_photo("20210704_113639.png", "red"))
    of_may(make_photo("scan.png", "blue"))
    opened = open_collection()
    opened.index()
    return opened


def test_undated_photos_are_found_by_name_and_file(collection: Collection) -> None:
    assert date_of(collection, "20210704_113639.png") == NAMED
    assert date_of(collection, "scan.png") == OF_FILE
    assert [hit.id for hit in collection.search("a photo", after="2021", before="2021")] == ["20210704_113639.png"]
    assert [(hit.id, hit.date_source) for hit in collection.search("a photo", before="2020")] == [("scan.png", "file")]
    assert [(photo.id, photo.date_source) for photo in collection.browse()[0]] == [
        ("20210704_113639.png", "name"),
        ("scan.png", "file"),
    ]


def test_a_renamed_photo_keeps_the_date_of_its_old_name(collection: Collection, photos: Path) -> None:
    (photos / "20210704_113639.png").rename(photos / "beach.png")
    (photos / "scan.png").rename(photos / "1999-12-24 scan.png")
    assert collection.index().renamed == 2
    assert date_of(collection, "beach.png") == NAMED
    assert date_of(collection, "1999-12-24 scan.png") == ("1999-12-24T00:00:00", "name")


def test_a_touched_photo_keeps_its_earlier_file_date(collection: Collection, photos: Path) -> None:
    for name in ("scan.png", "20210704_113639.png"):
        os.utime(photos / name)
    assert collection.index().unchanged == 2
    assert date_of(collection, "scan.png") == OF_FILE
    assert date_of(collection, "20210704_113639.png") == NAMED


def test_a_copy_has_the_date_of_its_own_name_and_file(collection: Collection, photos: Path) -> None:
    of_may(Path(shutil.copy(photos / "20210704_113639.png", photos / "copy.png")))
    of_may(Path(shutil.copy(photos / "scan.png", photos / "1999-12-24.png")))
    assert collection.index().added == 2
    assert date_of(collection, "copy.png") == OF_FILE
    assert date_of(collection, "1999-12-24.png") == ("1999-12-24T00:00:00", "name")


def test_changed_content_is_dated_again(collection: Collection, photos: Path, make_photo: PhotoMaker) -> None:
    make_photo("scan.png", "green")
    os.utime(photos / "scan.png", (MAY_2020 + 86_400, MAY_2020 + 86_400))
    assert collection.index().updated == 1
    assert date_of(collection, "scan.png") == ("2020-05-06T12:00:00", "file")


def test_another_model_keeps_the_dates(collection: Collection) -> None:
    collection.reindex(ColourEncoder(fingerprint="colour0000000002"))
    assert (date_of(collection, "20210704_113639.png"), date_of(collection, "scan.png")) == (NAMED, OF_FILE)


def test_the_list_of_photos_names_the_source_of_the_date(collection: Collection) -> None:
    header, *lines = collection.list_photos(["scan.png"]).splitlines()
    (row,) = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    assert (row["taken_at"], row["date_source"]) == OF_FILE


class TestGaps:
    @pytest.fixture
    def gappy(self, collection: Collection, make_photo: PhotoMaker) -> Collection:
        for name in ("a/none.png", "b/none.png"):
            os.utime(make_photo(name, "green", seed=len(name) + ord(name[0])), (0, 0))
        collection.index()
        return collection

    def test_a_date_filter_tells_how_many_photos_it_cannot_judge(self, gappy: Collection) -> None:
        answer = gappy.answer("a photo", after="2021")
        assert (answer.num_candidates, answer.num_undated, answer.num_file_dated) == (1, 2, 1)
        assert answer.date_note == (
            "2 photos have no date, so the date filter leaves them out; "
            "1 photo has only the date of the file, which may be that of a copy"
        )
        assert (answer.to_json()["num_undated"], answer.to_json()["num_file_dated"]) == (2, 1)

    def test_only_photos_that_pass_the_other_filters_count(self, gappy: Collection) -> None:
        answer = gappy.answer("a photo", before="2021", folder="a")
        assert (answer.num_undated, answer.num_file_dated) == (1, 0)
        assert answer.date_note == "1 photo has no date, so the date filter leaves it out"
        assert gappy.date_gaps(before="2021", folder="a") == (1, 0)

    def test_without_a_date_filter_nothing_is_told(self, gappy: Collection) -> None:
        answer = gappy.answer("a photo", folder="a")
        assert (answer.num_undated, answer.num_file_dated, answer.date_note) == (None, None, None)
        assert gappy.date_gaps(folder="a") is None

    def test_where_every_photo_has_a_date_of_its_own_there_is_no_note(self, gappy: Collection, photos: Path) -> None:
        for file in photos.rglob("*.png"):
            if file.name != "20210704_113639.png":
                file.unlink()
        gappy.index(forget_missing=True)
        answer = gappy.answer("a photo", after="2021")
        assert (answer.num_undated, answer.num_file_dated, answer.date_note) == (0, 0, None)

    def test_statistics_count_photos_without_a_date_of_their_own(self, gappy: Collection) -> None:
        facts = gappy.facts()
        assert (facts.undated, facts.file_dated) == (2, 1)
