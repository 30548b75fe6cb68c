"""Backbones of timm, where it is installed; a clear word where it is not."""

import sys

import pytest

from training.parts.towers.checks import check_blocks, pixels
from twinlens.errors import TrainingError
from twinlens.training.parts.image_towers.load import load_image_tower
from twinlens.training.parts.image_towers.timm_backbone import TimmBackbone, timm_preprocessing

CONFIG = {"input_size": (3, 64, 64), "interpolation": "bicubic", "mean": (0.5,) * 3, "std": (0.5,) * 3, "crop_pct": 0.9}


def test_without_timm_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)  # as if it were not installed
    with pytest.raises(TrainingError, match=r"'timm:resnet18' needs timm .*pip install timm"):
        load_image_tower("timm:resnet18")


def test_a_data_configuration_becomes_our_preprocessing() -> None:
    cropping = timm_preprocessing(CONFIG | {"crop_mode": "center"})
    assert (cropping.resize_mode, cropping.image_size, cropping.resized_side) == ("crop", 64, 71)
    assert timm_preprocessing(CONFIG | {"crop_mode": "squash"}).resize_mode == "squash"
    with pytest.raises(TrainingError, match="only square inputs"):
        timm_preprocessing(CONFIG | {"input_size": (3, 64, 96)})


def test_another_pooling_than_its_own_is_refused() -> None:
    with pytest.raises(TrainingError, match="does not support 'max'; remove the pooling"):
        load_image_tower("timm:resnet18", pooling="max")


@pytest.mark.parametrize(("name", "features"), [("resnet18", 512), ("vit_tiny_patch16_224", 192)])
def test_features_are_those_before_the_classifier(name: str, features: int) -> None:
    timm = pytest.importorskip("timm")
    side = 224 if name.startswith("vit") else 64
    tower = TimmBackbone(timm.create_model(name, num_classes=0).eval(), CONFIG | {"input_size": (3, side, side)})
    assert tower(pixels(2, side)).shape == (2, features)
    check_blocks(tower)
