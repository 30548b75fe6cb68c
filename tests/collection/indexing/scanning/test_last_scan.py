"""What an index run found besides photos, for status and searches after it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.last_scan import read_last_scan, skipped_files
from twinlens.collection.place.disk import LAST_SCAN
from twinlens.embedding.local import Skipped

OpenCollection = Callable[..., Collection]


@pytest.fixture
def mixed(make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path) -> Collection:
    """A photo, a damaged one, two of kinds that are not read, a text and a dead link; indexed."""
    make_photo("a/red.png", "red")
    for name in ("cut.jpg", "logo.SVG", "a/film.xcf", "notes.txt"):
        (photos / name).write_text("no photo")
    (photos / "dead.jpg").symlink_to("nowhere.jpg")
    collection = open_collection()
    collection.index()
    return collection


def test_status_and_index_skip_the_same_files(mixed: Collection) -> None:
    report, status = mixed.index(), mixed.status()
    assert mixed.skipped() == report.skipped
    assert [file.path for file in report.skipped] == ["a/film.xcf", "cut.jpg", "dead.jpg", "logo.SVG", "notes.txt"]
    assert status["skipped"] == len(report.skipped) == mixed.facts().skipped
    assert status["kinds_not_read"] == report.to_json()["kinds_not_read"] == {".xcf": 1, ".svg": 1}
    assert status["images"] == report.images


def test_files_of_several_folders_are_named_with_theirs(mixed: Collection, tmp_path: Path, photos: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "more.txt").touch()
    mixed.close()
    with Collection.create([tmp_path / "more", photos], at=tmp_path / "both", model="default") as both:
        assert both.skipped() == []
        report = both.index()
        assert both.skipped() == report.skipped
        assert report.skipped[0] == Skipped("more/more.txt", "not an image by its name (.txt)")


def test_where_the_last_scan_is_not_known_the_catalog_still_knows_what_it_could_not_read(mixed: Collection) -> None:
    wrong = ["null", '{"finished_at": "x", "dates": {}}', '{"finished_at": 1e999, "dates": {}}', "[" * 100_000]
    wrong += [f'{{"finished_at": 1, "dates": {dates}}}' for dates in ("[]", '{"x": {}}', '{"1": 5}')]
    for damage in ("", "garbage\n", '{"finished_at": 1}\n[]', *wrong):
        (mixed.path / LAST_SCAN).write_text(damage)
        assert read_last_scan(mixed.catalog) is None
        assert skipped_files(mixed.catalog, mixed.folders())[0].path == "cut.jpg"
    (mixed.path / LAST_SCAN).unlink()
    assert [file.path for file in mixed.skipped()] == ["cut.jpg"]
    assert mixed.status()["indexed_at"] is None
    assert len(mixed.index().skipped) == len(mixed.skipped()) == 5


@pytest.mark.parametrize("line", ["null", "5", "[1]", "[[1]]", "[[1, null, 5]]", '[[[], "a", "b"]]', "[" * 100_000])
def test_what_is_no_list_of_files_counts_as_none(mixed: Collection, line: str) -> None:
    (mixed.path / LAST_SCAN).write_text(f'{{"finished_at": 1, "dates": {{}}}}\n{line}\n')
    assert [file.path for file in mixed.skipped()] == ["cut.jpg"]


def test_facts_are_counted_again_after_every_run(mixed: Collection, photos: Path) -> None:
    facts = mixed.facts()
    assert mixed.is_current(facts)
    (photos / "more.txt").touch()
    mixed.index()  # changes nothing in the catalog
    assert not mixed.is_current(facts)
    assert mixed.facts().skipped == facts.skipped + 1


def test_folders_are_remembered_with_their_dates(mixed: Collection, photos: Path) -> None:
    scan = read_last_scan(mixed.catalog)
    assert scan is not None
    assert scan.dates == {1: {"": photos.stat().st_mtime_ns, "a": (photos / "a").stat().st_mtime_ns}}
