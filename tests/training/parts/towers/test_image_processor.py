"""Our preprocessing gives the pixels that the repository's own processor gives."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import transformers
from PIL import Image, ImageFilter

from twinlens.errors import TrainingError
from twinlens.training.parts.image_towers.image_processor import preprocessing_of, usual_preprocessing
from twinlens.training.parts.image_towers.load import load_image_tower

SQUARE = {"height": 32, "width": 32}
GREY = {"image_mean": [9.0] * 3, "image_std": [7.0] * 3}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def photo(side: int) -> Image.Image:
    noise = np.random.default_rng(side).integers(0, 256, size=(side, side, 3), dtype=np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))


def difference(processor: transformers.BaseImageProcessor, image: Image.Image) -> float:
    """The greatest difference, in steps of a byte."""
    ours = preprocessing_of(processor, "tiny")
    theirs = processor(image, return_tensors="np")["pixel_values"][0]
    return float(np.abs(ours.normalize(ours.pixels(image)[None])[0] - theirs).max() * 255 * min(ours.std))


@pytest.mark.parametrize(
    ("processor", "side"),
    [
        (transformers.ViTImageProcessorPil(size=SQUARE), 100),
        (transformers.ViTImageProcessorPil(size=SQUARE, image_mean=MEAN, image_std=STD, resample=3), 100),
        (transformers.BitImageProcessorPil(size={"shortest_edge": 40}, crop_size=SQUARE, do_center_crop=True), 100),
        (transformers.DeiTImageProcessorPil(size={"height": 40, "width": 40}, crop_size=SQUARE), 100),
        (transformers.ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=0.8), 100),
        (transformers.ConvNextImageProcessorPil(size={"shortest_edge": 400}), 100),
        (transformers.EfficientNetImageProcessorPil(size=SQUARE, resample=0, image_mean=MEAN, image_std=STD), 32),
        (
            transformers.EfficientNetImageProcessorPil(
                size=SQUARE, rescale_factor=1 / 127.5, rescale_offset=True, include_top=False, do_normalize=False
            ),
            32,
        ),
        (transformers.ViTImageProcessorPil(size=SQUARE, do_normalize=False), 50),
        (transformers.ViTImageProcessorPil(size=SQUARE, do_rescale=False, **GREY), 50),
    ],
    ids=["vit", "imagenet", "bit", "deit", "convnext-224", "convnext-384", "efficientnet", "offset", "plain", "bytes"],
)  # fmt: skip
def test_pixels_are_those_of_the_processor(processor: transformers.BaseImageProcessor, side: int) -> None:
    assert difference(processor, photo(side)) <= 1.01  # a byte's rounding, as the two resample in another order


OLD_FILE = {"do_normalize": True, "do_resize": True, "image_mean": MEAN, "image_std": STD, "size": 32}


@pytest.mark.parametrize(
    ("family", "old", "expected"),
    [
        (
            "resnet",
            {"crop_pct": 0.8, "feature_extractor_type": "ConvNextFeatureExtractor", "resample": 3},
            ("crop", 40),
        ),
        ("vit", {"resample": 2}, ("squash", 32)),
        ("vit", {"feature_extractor_type": "ViTFeatureExtractor", "resample": 2}, ("squash", 32)),
    ],
)
def test_files_of_old_releases_are_understood(
    family: str, old: dict[str, object], expected: tuple[str, int], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_models[family], tmp_path / family))
    (folder / "preprocessor_config.json").write_text(json.dumps(OLD_FILE | old))
    preprocessing = load_image_tower(str(folder)).preprocessing()
    assert (preprocessing.resize_mode, preprocessing.resized_side) == expected
    assert (preprocessing.image_size, preprocessing.mean) == (32, tuple(MEAN))


def test_squash_and_crop_are_told_apart() -> None:
    assert preprocessing_of(transformers.ViTImageProcessorPil(size=SQUARE), "tiny").resize_mode == "squash"
    cropping = preprocessing_of(transformers.ConvNextImageProcessorPil(size={"shortest_edge": 224}), "tiny")
    assert (cropping.resize_mode, cropping.image_size, cropping.resized_side) == ("crop", 224, 256)
    assert usual_preprocessing(224).resized_side == 256


def test_an_input_that_is_no_square_is_refused() -> None:
    processor = transformers.ViTImageProcessorPil(size={"height": 32, "width": 64})
    with pytest.raises(TrainingError, match=r"processor of 'tiny' resizes to .* only square inputs"):
        preprocessing_of(processor, "tiny")
