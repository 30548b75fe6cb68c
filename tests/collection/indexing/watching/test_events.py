"""Events of a photo folder that is the root of a disk."""

from pathlib import Path

from watchfiles import Change

from twinlens.collection.indexing.excluding.rules import Rules
from twinlens.collection.indexing.watching.events import Events
from twinlens.collection.place.photo_folders import PhotoFolder


def test_a_photo_below_the_root_of_a_disk_is_noticed() -> None:
    folder = PhotoFolder(1, Path("/"), "")
    key = 1, "holiday/beach.jpg"
    assert Events([folder], Rules()).concerning([(Change.deleted, "/holiday/beach.jpg")]) == {(Change.deleted, key)}
