"""Files beside the catalog that other programs overwrote or cut short: what they tell is right, or not told."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from collection.conftest import OpenCollection
from collection.test_damage import cut, found, library, overwrite
from conftest import PhotoMaker
from twinlens.collection.place.disk import LAST_SCAN
from twinlens.collection.showing.file import photo_file
from twinlens.errors import CatalogDamagedError

__all__ = ["library"]  # a fixture
SIDE = 32


def damage(file: Path, random: np.random.Generator) -> None:
    (overwrite if random.random() < 0.7 else cut)(file, random)


def test_a_damaged_last_scan_tells_nothing_wrong(
    library: Path, open_collection: OpenCollection, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("album 1/new.png", "red", seed=99)
    (photos / "album 2" / "02.png").unlink()
    (photos / "notes.txt").touch()
    collection, scan = open_collection(library), library / LAST_SCAN
    truth, whole = collection.since_index(within_s=60), scan.read_bytes()
    assert truth is not None
    assert (truth.new, truth.gone) == (1, 1)
    random, unknown = np.random.default_rng(4), 0
    for _ in range(200):
        scan.write_bytes(whole)
        damage(scan, random)
        told = collection.since_index(within_s=60)
        assert told in (None, truth)
        unknown += told is None
        assert collection.status()["skipped"] == len(collection.skipped()) == 0
    assert unknown > 100
    assert collection.index().added == 1


def test_a_damaged_note_of_the_last_check_hides_no_damage(library: Path, open_collection: OpenCollection) -> None:
    truth = found(open_collection(library))
    random, note = np.random.default_rng(5), library / "checked.json"
    whole = note.read_bytes()
    for _ in range(50):
        note.write_bytes(whole)
        damage(note, random)
        with open_collection(library) as collection:
            assert len(collection) == 30
    assert found(open_collection(library)) == truth
    with (library / "catalog.sqlite").open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\x55" * 4096)
    for _ in range(50):
        note.write_bytes(whole)
        damage(note, random)
        with pytest.raises(CatalogDamagedError, match="twinlens repair"):
            open_collection(library)


def test_a_damaged_thumbnail_is_drawn_again(library: Path, open_collection: OpenCollection) -> None:
    collection = open_collection(library)
    file = photo_file(collection.photo("album 0/00.png"))
    thumbnails = collection.thumbnails(max_bytes=10**9)
    truth, _ = thumbnails.thumbnail(file, side=SIDE)
    (kept,) = library.glob("thumbnails/*/*.jpg")
    random = np.random.default_rng(6)
    for _ in range(100):
        damage(kept, random)
        assert thumbnails.thumbnail(file, side=SIDE)[0] == truth
        assert thumbnails.thumbnail(file, side=SIDE) == (truth, True)
    thumbnails.close()
    shutil.rmtree(library / "thumbnails")
