"""Cached features: computed once, keyed by weights, preprocessing and inputs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from conftest import draw_photo
from training.tiny_world import THINGS, captions
from twinlens.data.images import open_photo
from twinlens.errors import TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.feeding.augment import Augmentation
from twinlens.training.feeding.features import FeatureCache, Views, weights_digest
from twinlens.training.feeding.inputs import LiveTexts
from twinlens.training.parts.text_towers.lstm import load_lstm

PREPROCESSING = Preprocessing(
    image_size=32, resize_mode="squash", interpolation="bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
)


class MeanColour(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 4, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.mix(pixels).mean(dim=(2, 3))


@pytest.fixture(scope="module")
def tower() -> nn.Module:
    return MeanColour().eval().requires_grad_(False)


def draw_photos(folder: Path) -> list[Path]:
    return [draw_photo(folder / f"{number}.png", colour) for number, colour in enumerate(("red", "green", "blue"))]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return draw_photos(tmp_path / "photos")


@pytest.fixture(scope="module")
def whole(tower: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> torch.Tensor:
    """Features of the three photos while all can be read."""
    folder = tmp_path_factory.mktemp("whole")
    return FeatureCache(folder / "cache").images(tower, PREPROCESSING, draw_photos(folder / "photos"))


def test_features_equal_eager_torch_and_come_from_the_cache_the_second_time(
    tower: nn.Module, paths: list[Path], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    cache = FeatureCache(tmp_path / "cache", on_progress=lambda *done: told.append(done))
    features = cache.images(tower, PREPROCESSING, paths)
    assert features.shape == (3, 4)
    assert told == [("photos", 3, 3)]
    pixels = PREPROCESSING.normalize(PREPROCESSING.pixels(open_photo(paths[1]).image)[None])
    assert torch.allclose(features[1], tower(torch.from_numpy(pixels))[0], atol=1e-5)
    assert torch.equal(cache.images(tower, PREPROCESSING, paths), features)
    assert told == [("photos", 3, 3)]


@pytest.mark.thorough
@pytest.mark.slow
def test_other_weights_sizes_photos_and_changes_are_computed_anew(
    tower: nn.Module, paths: list[Path], make_photo: Any, tmp_path: Path
) -> None:
    cache, other = FeatureCache(tmp_path), MeanColour().eval().requires_grad_(False)
    assert weights_digest(tower) != weights_digest(other)
    first = cache.images(tower, PREPROCESSING, paths)
    assert not torch.equal(cache.images(other, PREPROCESSING, paths), first)
    cache.images(tower, PREPROCESSING.model_copy(update={"image_size": 16}), paths)
    change = Augmentation(colour_jitter=0.5)
    views = [cache.images(tower, PREPROCESSING, paths, Views(change, seed)) for seed in (1, 2, 1)]
    assert torch.equal(views[0], views[2])
    assert not torch.equal(views[0], views[1])
    make_photo("0.png", "white", size=(50, 40))
    assert not torch.equal(cache.images(tower, PREPROCESSING, paths)[0], first[0])
    assert len(list(tmp_path.glob("images-*.npy"))) == 6


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_broken_photo_is_a_row_without_numbers_and_changes_no_other(
    row: int,
    whole: torch.Tensor,
    tower: nn.Module,
    paths: list[Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    paths[row].write_bytes(paths[row].read_bytes()[:60])
    features = FeatureCache(tmp_path / "cache").images(tower, PREPROCESSING, paths)
    assert features[row].isnan().all()
    others = [other for other in range(3) if other != row]
    assert torch.allclose(features[others], whole[others], atol=1e-6)
    assert f"left out: {paths[row]}" in caplog.text


def test_where_no_photo_can_be_read_the_run_ends(tower: nn.Module, paths: list[Path], tmp_path: Path) -> None:
    for path in paths:
        path.write_bytes(b"")
    with pytest.raises(TrainingError, match="none of 3 photos can be read"):
        FeatureCache(tmp_path / "cache").images(tower, PREPROCESSING, paths)


def test_a_damaged_file_is_named(tower: nn.Module, paths: list[Path], tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    cache.images(tower, PREPROCESSING, paths)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(TrainingError, match=r"images-\w+\.npy is damaged .* delete it"):
        cache.images(tower, PREPROCESSING, paths)


def test_features_of_captions_do_not_depend_on_their_company(tmp_path: Path) -> None:
    texts = [text for thing in THINGS for text in captions(*thing)] * 3  # more than one batch, of two lengths
    lstm = load_lstm(captions=texts, hidden=8, word_dim=8, layers=1).eval().requires_grad_(False)
    live = LiveTexts(texts, lstm.tokenizer, max_tokens=12)
    features = FeatureCache(tmp_path).texts(lstm, live)
    for row in (0, 1, 7, 130, 215):
        ids = torch.tensor([lstm.tokenizer.encode(texts[row]).ids])
        assert torch.allclose(features[row], lstm(ids, torch.ones_like(ids))[0], atol=1e-6)
    shorter = LiveTexts(texts, lstm.tokenizer, max_tokens=4)
    assert not torch.allclose(FeatureCache(tmp_path).texts(lstm, shorter), features)
