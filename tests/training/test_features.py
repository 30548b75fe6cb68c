"""Cached features: computed once, keyed by weights, preprocessing and photos."""

from pathlib import Path

import pytest
import torch
from torch import nn

from twinlens.errors import PhotoError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.features import image_features, weights_digest

PREPROCESSING = Preprocessing(
    image_size=32, resize_mode="squash", interpolation="bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
)


class MeanColour(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 4, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.mix(pixels).mean(dim=(2, 3))


def test_features_equal_eager_torch_and_come_from_the_cache_the_second_time(make_photo, tmp_path: Path) -> None:
    tower = MeanColour().eval().requires_grad_(False)
    paths = [make_photo(f"{number}.png", colour) for number, colour in enumerate(("red", "green", "blue"))]
    told: list[int] = []
    features = image_features(tower, PREPROCESSING, paths, cache=tmp_path / "cache", on_progress=told.append)
    assert features.shape == (3, 4)
    assert told == [3]
    from twinlens.data.images import open_photo

    pixels = PREPROCESSING.normalize(PREPROCESSING.pixels(open_photo(paths[1]).image)[None])
    assert torch.allclose(features[1], tower(torch.from_numpy(pixels))[0], atol=1e-5)
    again = image_features(tower, PREPROCESSING, paths, cache=tmp_path / "cache", on_progress=told.append)
    assert torch.equal(features, again)
    assert told == [3]


def test_other_weights_are_not_taken_from_the_cache(make_photo, tmp_path: Path) -> None:
    paths = [make_photo("a.png")]
    first, second = (MeanColour().eval().requires_grad_(False) for _ in range(2))
    assert weights_digest(first) != weights_digest(second)
    one = image_features(first, PREPROCESSING, paths, cache=tmp_path / "cache")
    other = image_features(second, PREPROCESSING, paths, cache=tmp_path / "cache")
    assert not torch.equal(one, other)


def test_a_broken_training_photo_is_named(make_photo, tmp_path: Path) -> None:
    path = make_photo("broken.png")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PhotoError, match=r"broken\.png"):
        image_features(MeanColour().eval(), PREPROCESSING, [path], cache=tmp_path / "cache")
