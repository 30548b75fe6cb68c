"""Decoded photos: the same pixels from every cache, an estimate before anything is written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinlens.data.images import open_photo
from twinlens.errors import ConfigError, TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.feeding import pixels as module
from twinlens.training.feeding.pixels import PhotoPixels

PREPROCESSING = Preprocessing(
    image_size=32, resize_mode="squash", interpolation="bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
)


@pytest.fixture
def paths(make_photo: Any) -> list[Path]:
    return [make_photo(f"{number}.png", colour) for number, colour in enumerate(("red", "green", "blue", "black"))]


@pytest.mark.parametrize("cache", ["none", "disk", "memory"])
def test_every_cache_gives_the_pixels_of_a_plain_loop(cache: Any, paths: list[Path], tmp_path: Path) -> None:
    for _ in range(2):  # the second time from the file
        pixels = PhotoPixels(paths, PREPROCESSING, cache=cache, folder=tmp_path / "cache")
        expected = np.stack([PREPROCESSING.pixels(open_photo(paths[row]).image) for row in (2, 0, 2)])
        assert np.array_equal(pixels.take([2, 0, 2]), expected)
        assert (len(pixels), pixels.size_bytes) == (4, 4 * 32 * 32 * 3)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == (cache == "disk")


def test_photos_that_changed_are_decoded_again(paths: list[Path], make_photo: Any, tmp_path: Path) -> None:
    first = PhotoPixels(paths, PREPROCESSING, cache="disk", folder=tmp_path / "cache").take([0])
    make_photo("0.png", "white", size=(50, 40))
    second = PhotoPixels(paths, PREPROCESSING, cache="disk", folder=tmp_path / "cache").take([0])
    assert first.mean() < 150 < 230 < second.mean()


@pytest.mark.parametrize("cache", ["disk", "memory"])
def test_broken_photos_are_known_and_a_black_one_is_not_taken_for_broken(
    cache: Any, paths: list[Path], make_photo: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from PIL import Image

    Image.new("RGB", (40, 40)).save(paths[3])
    paths[1].write_bytes(b"no photo")
    for _ in range(2):
        pixels = PhotoPixels(paths, PREPROCESSING, cache=cache, folder=tmp_path / "cache")
        assert list(pixels.broken) == [1]
    assert "1.png: not an image" in caplog.text


def test_a_broken_photo_is_named_when_it_is_wanted(paths: list[Path], tmp_path: Path) -> None:
    paths[1].write_bytes(b"no photo")
    pixels = PhotoPixels(paths, PREPROCESSING, cache="none", folder=tmp_path / "cache")
    assert len(pixels.take([0, 2])) == 2
    with pytest.raises(TrainingError, match=r"1\.png cannot be read: not an image"):
        pixels.take([0, 1])


@pytest.mark.parametrize(("cache", "other"), [("disk", "'none'"), ("memory", "'none' or 'disk'")])
def test_a_cache_that_would_not_fit_is_refused_with_the_estimate_and_nothing_is_written(
    cache: Any, other: str, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 12_000

    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage)
    monkeypatch.setattr(module, "_free_memory", lambda: 12_000)
    large = PREPROCESSING.model_copy(update={"image_size": 2048})
    with pytest.raises(ConfigError, match=rf"'{cache}' needs 0\.05 GB for 4 photos of 2048 pixels, .* use {other}"):
        PhotoPixels(paths, large, cache=cache, folder=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
