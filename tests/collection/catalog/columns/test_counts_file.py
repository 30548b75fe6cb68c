"""The numbers of a large library are kept from one program to the next."""

from pathlib import Path

import numpy as np
import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns import counts_file
from twinlens.collection.catalog.columns.counts import Counts, read_counts
from twinlens.collection.catalog.rows import FileState, ModelRecord
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

VECTOR = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], None)


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_file, "LARGE", 1)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was counted from the first photo on."""
    found: list[object] = []

    def counted(connection: object) -> Counts:
        found.append(connection)
        return read_counts(connection)  # type: ignore[arg-type]

    monkeypatch.setattr("twinlens.collection.catalog.columns.text_columns.read_counts", counted)
    return found


@pytest.fixture
def place(tmp_path: Path, reads: list[object]) -> Path:
    """A catalog with three photos, counted once."""
    path = tmp_path / "catalog.sqlite"
    with_photos = Catalog(path, create=True)
    with_photos.add_folder("photos", "..")
    with_photos.remember_model(ModelRecord("one", "first", 8))
    add(with_photos, "a/1.jpg", "a/2.jpg", "b/3.jpg")
    assert with_photos.counts().number("photos") == 3
    with_photos.close()
    assert reads
    reads.clear()
    return path


def add(catalog: Catalog, *paths: str) -> None:
    with catalog.writing() as writer:
        for path in paths:
            details = PhotoDetails(4, 3, taken_at="2023-06-01", camera="Canon", people=("Ana|Müller",))
            writer.put_photo(FileState(1, path, 1, 1, path.encode()), details, VECTOR, reader_version=1)


def opened_counts(path: Path) -> Counts:
    catalog = Catalog(path)
    try:
        return catalog.counts()
    finally:
        catalog.close()


def test_the_next_program_reads_them_and_counts_what_has_changed_since(place: Path, reads: list[object]) -> None:
    before = opened_counts(place)
    assert (before.most("camera"), before.most("person")) == ([("Canon", 3)], [("Ana|Müller", 3)])
    catalog = Catalog(place)
    add(catalog, "b/4.jpg")
    with catalog.writing() as writer:
        writer.remove(1)
    catalog.close()
    now = opened_counts(place)
    assert not reads
    catalog = Catalog(place)
    with catalog.snapshot(), catalog.connected() as connection:
        assert now == read_counts(connection)
    catalog.close()
    assert now.values("folder") == {"1/a/": 1, "1/b/": 2}


@pytest.mark.parametrize("damage", ["cut", "other", "nothing", "wrong", "endless"])
def test_without_a_file_that_is_whole_everything_is_counted(place: Path, reads: list[object], damage: str) -> None:
    file = place.with_name(counts_file.FILE)
    content = file.read_bytes()
    if damage == "nothing":
        file.unlink()
    else:
        damaged = {
            "cut": content[: len(content) // 2],
            "other": content.replace(b'"owner": "', b'"owner": "x'),
            "wrong": content.replace(b"Canon", b"Nikon"),
            "endless": content.replace(b'"generation": ', b'"generation": 1e999, "": ', 1),
        }
        file.write_bytes(damaged[damage])
    assert opened_counts(place).most("camera") == [("Canon", 3)]
    assert len(reads) == 1
    reads.clear()
    assert opened_counts(place).number("photos") == 3
    assert not reads, "it was written again"


def test_numbers_of_another_catalog_in_its_place_are_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_file, "BEHIND", 0)
    old = place.read_bytes()
    catalog = Catalog(place)
    add(catalog, "b/4.jpg")
    assert catalog.counts().number("photos") == 4
    catalog.close()
    place.write_bytes(old)  # a backup, which then comes to the same generation by another way
    catalog = Catalog(place)
    add(catalog, "c/5.jpg", "c/6.jpg")
    catalog.close()
    assert opened_counts(place).values("folder") == {"1/a/": 2, "1/b/": 1, "1/c/": 2}


def test_small_libraries_and_read_only_ones_get_no_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place.with_name(counts_file.FILE)
    file.unlink()
    catalog = Catalog(place, read_only=True)
    assert catalog.counts().number("photos") == 3
    catalog.close()
    assert not file.exists()
    monkeypatch.setattr(counts_file, "LARGE", 4)
    assert opened_counts(place).number("photos") == 3
    assert not file.exists()
