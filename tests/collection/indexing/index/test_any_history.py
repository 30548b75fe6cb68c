"""After any history the catalog is that of a first run."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from collection.indexing.index.conftest import Indexing
from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog


def _draw(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    colours = ("red", "green", "blue")
    make_photo(files[0], colours[random.integers(3)], seed=int(random.integers(3)))


def _delete(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    (photos / files[0]).unlink(missing_ok=True)


def _move(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    if (photos / files[0]).exists():
        (photos / files[1]).parent.mkdir(exist_ok=True)
        (photos / files[0]).replace(photos / files[1])


def _copy(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    if (photos / files[0]).exists() and files[0] != files[1]:
        (photos / files[1]).parent.mkdir(exist_ok=True)
        shutil.copy(photos / files[0], photos / files[1])


def _damage(make_photo: PhotoMaker, photos: Path, random: np.random.Generator, files: Sequence[str]) -> None:
    (photos / files[0]).parent.mkdir(exist_ok=True)
    (photos / files[0]).write_bytes(b"damaged" * int(random.integers(3)))


ACTIONS: list[Callable[[PhotoMaker, Path, np.random.Generator, Sequence[str]], None]] = [
    _draw,
    _draw,
    _delete,
    _move,
    _move,
    _copy,
    _damage,
]


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_the_catalog_is_that_of_a_first_run(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    names = [f"{folder}{number}.png" for folder in ("", "a/", "b/") for number in range(4)]
    make_photo("always.png", "white")
    for _ in range(12):
        for _ in range(random.integers(1, 8)):
            ACTIONS[random.integers(len(ACTIONS))](make_photo, photos, random, random.choice(names, size=2).tolist())
        for number, file in enumerate(sorted(photos.rglob("*.png"))):  # dates as coarse clocks give them
            os.utime(file, ns=(1, file.stat().st_mtime_ns // 1000 * 1000 + number))
        report = indexing.run(forget_missing=True)
        indexing.check()
        fresh = Catalog(tmp_path / "fresh.sqlite", create=True)
        first = Indexing(fresh, photos)
        expected = first.run()
        assert (indexing.vectors(), report.images) == (first.vectors(), expected.images)
        assert report.skipped == expected.skipped
        assert set(indexing.catalog.files.all()) == set(fresh.files.all())
        fresh.close()
        for file in tmp_path.glob("fresh.sqlite*"):
            file.unlink()
