"""A change of model meets photos that cannot be reached or read."""

import os
import shutil
from pathlib import Path

import pytest

from collection.indexing.models.model_change.conftest import NEW, OpenCollection, TurnedEncoder, answers
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import ModelChangePlan, SilentListener
from twinlens.errors import CollectionError


@pytest.fixture
def with_disk(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, tmp_path: Path, models: dict
) -> Collection:
    """A red photo here, and a blue and a green one on a disk that a link leads to."""
    disk = tmp_path / "disk"
    disk.mkdir()
    for colour in ("blue", "green"):
        shutil.move(make_photo(f"{colour}.png", colour), disk)
    make_photo("red.png", "red")
    (photos / "nas").symlink_to(disk)
    collection = open_collection()
    collection.index(follow_links=True)
    return collection


def test_a_change_waits_for_a_disk_that_is_away(with_disk: Collection, tmp_path: Path, make_photo: PhotoMaker) -> None:
    before = answers(with_disk)
    (tmp_path / "disk").rename(tmp_path / "away")
    for _ in range(2):
        report = with_disk.reindex("turned")
        assert report.model_change is not None
        assert not report.model_change.is_complete
        assert [photo.path for photo in report.model_change.waiting] == ["nas/blue.png", "nas/green.png"]
        assert (report.images, report.removed, answers(with_disk)) == (3, 0, before)
    make_photo("white.png", "white")
    assert with_disk.index().added == 1
    assert with_disk.search("white", k=1)[0].id == "white.png"  # by the earlier model
    (tmp_path / "away").rename(tmp_path / "disk")
    report = with_disk.index()
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert (with_disk.catalog.model(), len(with_disk)) == (("turned", NEW, 12), 4)
    assert with_disk.faults() == []


def test_what_is_gone_for_good_is_not_waited_for(with_disk: Collection, tmp_path: Path, photos: Path) -> None:
    (tmp_path / "disk").rename(tmp_path / "away")
    with_disk.reindex("turned")
    (photos / "nas").unlink()
    report = with_disk.index()
    assert report.model_change is not None
    assert (report.model_change.is_complete, report.removed, report.images) == (True, 2, 1)
    assert with_disk.faults() == []


def test_a_missing_photo_folder_stops_the_change_and_loses_nothing(library: Collection, photos: Path) -> None:
    away = photos.with_name("away")
    (photos / ".twinlens").rename(photos.parent / "kept")
    photos.rename(away)
    photos.mkdir()
    (photos.parent / "kept").rename(photos / ".twinlens")
    before = answers(library)
    with pytest.raises(CollectionError, match="is its disk mounted"):
        library.reindex("turned")
    assert answers(library) == before


def test_a_photo_deleted_while_others_are_embedded_holds_nothing_up(library: Collection, photos: Path) -> None:
    class Deleting(SilentListener):
        def change_planned(self, plan: ModelChangePlan) -> None:
            (photos / "many" / "33.png").unlink()

    report = library.reindex("turned", listener=Deleting())
    assert report.model_change is not None
    assert (report.model_change.is_complete, report.removed, report.images) == (True, 1, 69)
    assert library.faults() == []


def test_a_photo_that_cannot_be_decoded_any_more_is_skipped_and_keeps_its_captions(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    file = photos / "red.png"
    stat = file.stat()
    file.write_bytes(b"x" * stat.st_size)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # indexing alone would not look at it
    report = library.reindex("turned")
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert [skipped.path for skipped in report.skipped] == ["red.png"]
    assert (report.images, library.catalog.captions.count()) == (69, 1)
    make_photo("red.png", "red", seed=50)
    assert library.index().added == 1
    assert {hit.caption for hit in library.search("red", target="caption", k=2)} == {"a red thing", "red again"}
    assert library.search("red", target="caption", k=1)[0].score > 0.9  # embedded by the new model, too
    assert library.faults() == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that hold")
def test_a_photo_without_permission_is_tried_again_later(library: Collection, photos: Path) -> None:
    (photos / "green.png").chmod(0)
    report = library.reindex("turned")
    assert [skipped.path for skipped in report.skipped] == ["green.png"]
    (photos / "green.png").chmod(0o600)
    assert library.index().added == 1


def test_copies_of_a_photo_that_is_not_what_it_was_are_embedded_themselves(
    library: Collection, photos: Path, make_photo: PhotoMaker, turned: TurnedEncoder
) -> None:
    file = photos / "blue.png"  # the first of its content, with the size and the date of before
    stat = file.stat()
    file.write_bytes(make_photo("other/green.png", "green", seed=9).read_bytes())
    shutil.rmtree(photos / "other")
    with library.catalog.transaction() as connection:
        connection.execute("UPDATE photos SET size_bytes = ? WHERE path = 'blue.png'", (file.stat().st_size,))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    library.reindex("turned")
    assert {hit.id for hit in library.search("blue zzz", k=4)} == {f"copy{number}.png" for number in range(4)}
    assert library.search("green", k=2)[1].score > 0.9
    assert library.faults() == []
