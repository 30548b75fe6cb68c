from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.place.disk import INDEX_LOCK
from twinlens.errors import CollectionBusyError, CollectionNotFoundError

OpenCollection = Callable[..., Collection]


def test_photos_and_captions_are_learned_in_one_run(
    make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
) -> None:
    make_photo("red.png", "red")
    (tmp_path / "c.csv").write_text("image,caption\nred.png,a red thing\n")
    collection = open_collection()
    report = collection.index(captions=tmp_path / "c.csv")
    assert (report.added, report.captions.added) == (1, 1)
    assert collection.is_complete
    assert collection.faults() == []


def test_captions_without_photos_say_what_to_do_first(open_collection: OpenCollection, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("image,caption\nred.png,a red thing\n")
    with pytest.raises(CollectionNotFoundError, match="run: twinlens index"):
        open_collection().add_captions(tmp_path / "c.csv")


def test_one_process_changes_a_collection_at_a_time(
    make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
) -> None:
    make_photo("red.png", "red")
    (tmp_path / "c.csv").write_text("image,caption\nred.png,a red thing\n")
    collection = open_collection()
    collection.index()
    with FileLock(collection.path / INDEX_LOCK):
        for change in (
            collection.index,
            lambda: collection.reindex("other"),
            lambda: collection.add_captions(tmp_path / "c.csv"),
        ):
            with pytest.raises(CollectionBusyError, match="another process is indexing"):
                change()
    assert collection.index().unchanged == 1
