"""Files that a cloud holds are left alone, and photos that were indexed before stay."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.excluding.names import IN_ICLOUD
from twinlens.collection.indexing.excluding.placeholders import NOT_HERE, is_placeholder
from twinlens.collection.indexing.scanning import scan, since_index
from twinlens.collection.indexing.scanning.since_index import SinceIndex

OpenCollection = Callable[..., Collection]


@pytest.mark.parametrize(
    ("state", "is_away"),
    [
        ({"st_flags": 0x4000_0000}, True),  # macOS
        ({"st_flags": 0x20}, False),
        ({"st_file_attributes": 0x40_0020}, True),  # Windows: recalled on data access
        ({"st_file_attributes": 0x1020}, True),  # offline
        ({"st_file_attributes": 0x20}, False),
        ({}, False),  # Linux
    ],
)
def test_systems_tell_by_attributes(state: dict[str, int], is_away: bool) -> None:
    found: Any = SimpleNamespace(**state)
    assert is_placeholder(found) is is_away


def test_photo_that_icloud_takes_from_the_disk_stays_and_one_that_it_never_brought_is_counted(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path
) -> None:
    make_photo("trip/red.png", "red")
    make_photo("trip/green.png", "green")
    make_photo("blue.png", "blue")
    library = open_collection()
    library.index()
    (photos / "trip/red.png").unlink()
    (photos / "trip/.red.png.icloud").write_bytes(b"bplist00")
    (photos / "trip/.never.heic.icloud").write_bytes(b"bplist00")
    assert library.since_index() == SinceIndex()
    report = library.index()
    assert (report.removed, report.unchanged, report.images) == (0, 3, 3)
    assert [(one.reason, one.entries) for one in report.left_out] == [(IN_ICLOUD, 2)]
    (photos / "trip/.red.png.icloud").unlink()
    assert library.index().removed == 1


def test_placeholder_is_not_read_and_a_known_photo_stays_as_it_was(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    library = open_collection()
    library.index()
    make_photo("new.png", "green")
    (photos / "red.png").write_bytes(b"fetching this would take long")
    here = (photos / "blue.png").stat().st_ino
    for module in (scan, since_index):
        monkeypatch.setattr(module, "is_placeholder", lambda found: found.st_ino != here)
    report = library.index()
    assert (report.added, report.updated, report.removed, report.images) == (0, 0, 0, 2)
    assert [(one.reason, one.entries) for one in report.left_out] == [(NOT_HERE, 2)]
    assert library.since_index() == SinceIndex()


def test_library_that_is_all_in_the_cloud_stays(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path
) -> None:
    make_photo("red.png", "red")
    library = open_collection()
    library.index()
    (photos / "red.png").rename(photos / ".red.png.icloud")
    assert library.index().images == 1
