"""A drawn data set with every fault that an audit should name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import COLOURS
from twinlens.data.readers.captions_json import CaptionsJson

SPLITS = {
    "train": [f"train{number}.png" for number in range(8)] + ["leaked.png", "holiday.png"],
    "val": ["val0.png", "val1.png", "leaked-too.png"],
    "test": [f"test{number}.png" for number in range(4)] + ["again.png", "small.jpg", "twin.png"],
}


def draw(path: Path, colour: str, seed: int, *, size: tuple[int, int] = (160, 120)) -> None:
    """A picture of a colour, with light and dark patches that no other seed has."""
    random = np.random.default_rng(seed)
    patches = Image.fromarray(random.integers(-60, 61, size=(9, 9)).astype(np.float32))
    shade = np.asarray(patches.resize(size, Image.Resampling.BICUBIC))[:, :, None]
    Image.fromarray((np.array(COLOURS[colour]) + shade).clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def faulty(tmp_path: Path) -> CaptionsJson:
    """Twenty photos; ``again.png`` is train's ``leaked.png``, ``small.jpg`` its ``holiday.png``, halved.

    ``twin.png`` is ``test0.png`` once more; val's ``leaked-too.png`` is train's ``train0.png``.
    """
    images = tmp_path / "faulty" / "images"
    images.mkdir(parents=True)
    names = [name for own in SPLITS.values() for name in own]
    colours = dict(zip(names, list(COLOURS) * 4, strict=False))
    for seed, name in enumerate(names):
        draw(images / name, colours[name], seed)
    shutil.copyfile(images / "leaked.png", images / "again.png")
    shutil.copyfile(images / "train0.png", images / "leaked-too.png")
    shutil.copyfile(images / "test0.png", images / "twin.png")
    with Image.open(images / "holiday.png") as photo:
        photo.resize((80, 60)).save(images / "small.jpg", quality=80)
    rows = [
        {"file_name": name, "caption": f"{words} {colours[name]} {name}"} for name in names for words in ("a", "one")
    ]
    rows += [{"file_name": "test1.png", "caption": "something white"}] * 2  # twice on one photo
    rows += [{"file_name": name, "caption": "a photo"} for name in ("test2.png", "test3.png", "train1.png")]
    (tmp_path / "faulty" / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "faulty" / "splits.json").write_text(json.dumps(SPLITS), encoding="utf-8")
    return CaptionsJson(tmp_path / "faulty")
