"""Patterns of people and .nomedia files decide what is in a collection."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.catalog.settings import EXCLUDED
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.since_index import SinceIndex
from twinlens.errors import CatalogDamagedError, CollectionError, ConfigError, NoPhotosError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path) -> Collection:
    """red.png, trip/green.png and trip/private/blue.png, which has a caption and is a favourite; indexed."""
    make_photo("red.png", "red")
    make_photo("trip/green.png", "green")
    make_photo("trip/private/blue.png", "blue")
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\ntrip/private/blue.png,blue sea\n")
    collection = open_collection()
    collection.index(captions=captions)
    collection.mark_favourites(["trip/private/blue.png"])
    return collection


def found(collection: Collection) -> list[str]:
    known = collection.catalog.files.all()
    return sorted(path for (_, path), file in known.items() if file.skip_reason is None)


def test_excluded_photos_leave_the_search_and_what_was_given_comes_back_with_them(library: Collection) -> None:
    report = library.index(exclude=["private/"])
    assert (report.removed, report.kept, report.kept_folders) == (1, 1, [])
    assert found(library) == ["red.png", "trip/green.png"]
    assert [tuple(one) for one in report.left_out] == [("excluded by --exclude: private/", 1, "trip/private")]
    report = library.index(no_longer_exclude=["private/"])
    assert (report.added, report.restored, report.left_out) == (1, 1, [])
    assert library.captions_of("trip/private/blue.png") == ["blue sea"]
    assert library.favourites() == ["trip/private/blue.png"]


def test_patterns_are_kept_for_later_runs_and_shown_by_the_status(library: Collection, make_photo: PhotoMaker) -> None:
    library.index(exclude=["*.jpg", "private/"])
    make_photo("new.jpg")
    assert library.index().added == 0
    assert library.status()["exclude"] == ["*.jpg", "private/"]
    assert library.status()["left_out"] == [
        {"reason": "excluded by --exclude: *.jpg", "entries": 1, "example": "new.jpg"},
        {"reason": "excluded by --exclude: private/", "entries": 1, "example": "trip/private"},
    ]
    library.index(exclude=["!new.jpg"])
    assert "new.jpg" in found(library)


def test_a_folder_whose_photos_are_all_excluded_is_not_taken_for_a_missing_disk(library: Collection) -> None:
    report = library.index(exclude=["/trip/*"])
    assert (report.removed, report.kept_folders) == (2, [])
    report = library.index(exclude=["*"])
    assert (report.removed, report.images) == (1, 0)


def test_beside_excluded_photos_missing_ones_are_still_missed(library: Collection, photos: Path) -> None:
    (photos / "red.png").unlink()
    (photos / "trip" / "green.png").unlink()
    with pytest.raises(CollectionError, match="is its disk mounted"):
        library.index(exclude=["private/"])
    assert found(library) == ["red.png", "trip/green.png", "trip/private/blue.png"]


def test_a_pattern_that_matches_nothing_is_told(library: Collection) -> None:
    assert library.index(exclude=["*.PNG", "private/", "/green.png"]).unmatched == ["*.PNG", "/green.png"]
    assert library.index().to_json()["unmatched_patterns"] == ["*.PNG", "/green.png"]


def test_what_is_no_pattern_or_not_excluded_changes_nothing(library: Collection) -> None:
    with pytest.raises(ConfigError, match="takes a pattern"):
        library.index(exclude=["*.png", "!"])
    library.index(exclude=["private/"])
    with pytest.raises(ConfigError, match=r"no pattern 'privat/' is excluded; there is 'private/'"):
        library.index(no_longer_exclude=["privat/"])
    assert library.status()["exclude"] == ["private/"]


def test_patterns_that_were_overwritten_are_not_taken_for_none(library: Collection) -> None:
    for damage in ("[", "5", "[5]"):
        library.catalog.set_meta({EXCLUDED: damage})
        with pytest.raises(CatalogDamagedError, match="give them again: twinlens index --exclude"):
            library.index()
    library.index(exclude=["private/"])
    assert library.status()["exclude"] == ["private/"]


def test_an_ignore_file_holds_for_its_folder_and_below(library: Collection, photos: Path) -> None:
    (photos / "trip" / ".twinlensignore").write_text("\ufeff# not these\n*.png\n!green.png\n!\n")
    report = library.index()
    assert found(library) == ["red.png", "trip/green.png"]
    assert [tuple(one) for one in report.left_out] == [
        ("excluded by trip/.twinlensignore: *.png", 1, "trip/private/blue.png")
    ]
    assert [tuple(file) for file in report.skipped] == [("trip/.twinlensignore", "no pattern, passed over: !")]


def test_what_an_ignore_file_excludes_is_not_indexed_while_it_cannot_be_read(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    (photos / "trip" / ".twinlensignore").write_bytes(b"*.jpg\n" * 200_000)
    make_photo("trip/private/new.jpg")
    report = library.index()
    assert found(library) == ["red.png", "trip/green.png", "trip/private/blue.png"]
    assert report.skipped[0].reason == "folder is left alone: its .twinlensignore cannot be read (more than 1 MB)"


def test_a_folder_with_a_nomedia_file_is_left_out_and_the_photo_folder_is_not(
    library: Collection, photos: Path
) -> None:
    (photos / ".nomedia").touch()
    (photos / "trip" / ".nomedia").touch()
    report = library.index()
    assert found(library) == ["red.png"]
    assert [tuple(one) for one in report.left_out] == [("folder with a .nomedia file", 1, "trip")]


def test_hidden_files_and_what_systems_keep_are_counted(library: Collection, photos: Path) -> None:
    for name in (".DS_Store", ".IMG_1.HEIC.icloud", "trip/._a.jpg", "trip/.cache/x.jpg", "trip/@eaDir/x.jpg"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).touch()
    report = library.index()
    assert sorted(tuple(one) for one in report.left_out) == [
        ("@eaDir folder (thumbnails of a NAS)", 1, "trip/@eaDir"),
        ("hidden file", 2, ".DS_Store"),
        ("hidden folder", 1, "trip/.cache"),
        ("in iCloud, not on this disk", 1, ".IMG_1.HEIC.icloud"),
    ]
    assert library.status()["left_out"][0] == {"reason": "hidden file", "entries": 2, "example": ".DS_Store"}


def test_excluded_files_are_no_news_since_the_last_run(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    (photos / "trip" / ".twinlensignore").write_text("*.jpg")
    library.index(exclude=["/draft/"])
    for name in ("draft/a.png", "trip/a.jpg", "trip/private/a.jpg", "silent/a.png"):
        make_photo(name)
    (photos / "silent" / ".nomedia").touch()
    assert library.since_index() == SinceIndex()
    make_photo("trip/private/draft/a.png")
    assert library.since_index() == SinceIndex(new=1)


def test_where_everything_is_excluded_the_error_says_so(
    make_photo: PhotoMaker, open_collection: OpenCollection
) -> None:
    make_photo("a.png")
    with pytest.raises(NoPhotosError, match=r"no photos to index besides those that are excluded"):
        open_collection().index(exclude=["*.png"])
