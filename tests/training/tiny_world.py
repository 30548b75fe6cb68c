"""The tiny world: coloured shapes drawn in code with captions, and towers small enough to train in seconds."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image, ImageDraw

from training.parts.towers.tiny import HIDDEN, SIDE
from twinlens.data.find import open_dataset
from twinlens.protocols import Dataset
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.parts.text_towers.vocabulary import build_tokenizer
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import FinishedRun, RunListener, run_recipe

COLOURS = {"red": (220, 30, 30), "green": (30, 190, 40), "blue": (40, 60, 230), "yellow": (230, 220, 40)}
SHAPES = ("circle", "square", "triangle")
GROUNDS = {"white": (250, 250, 250), "black": (8, 8, 8), "grey": (128, 128, 128)}
THINGS = tuple(product(COLOURS, SHAPES, GROUNDS))
"""36 things to see; the validation split shows each once, so a guess is right once in 36."""
CHANCE = 100 / len(THINGS)
TRAINED_EACH = 4


def draw_world(folder: Path) -> Path:
    """Writes 180 photos with two captions each, as ``captions.json``, ``images/`` and ``splits.json``."""
    draw = random.Random(1)
    rows, splits = [], {"train": [], "val": []}
    for split, times in (("train", TRAINED_EACH), ("val", 1)):
        for number, thing in enumerate(THINGS * times):
            name = f"{split}-{number:03}.png"
            splits[split].append(name)
            save_photo(folder / "images" / name, *thing, draw)
            rows += [{"file_name": name, "caption": caption} for caption in captions(*thing)]
    (folder / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return folder


def captions(colour: str, shape: str, ground: str) -> tuple[str, str]:
    return f"a {colour} {shape} on {ground}", f"on a {ground} ground lies one {shape} in {colour}"


def save_photo(path: Path, colour: str, shape: str, ground: str, draw: random.Random) -> None:
    """A shape somewhere near the middle, of some size."""
    image = Image.new("RGB", (SIDE, SIDE), GROUNDS[ground])
    pen, size = ImageDraw.Draw(image), draw.randint(16, 22)
    left, top = draw.randint(3, SIDE - size - 3), draw.randint(3, SIDE - size - 3)
    right, bottom = left + size, top + size
    if shape == "circle":
        pen.ellipse((left, top, right, bottom), COLOURS[colour])
    elif shape == "square":
        pen.rectangle((left, top, right, bottom), COLOURS[colour])
    else:
        pen.polygon([(left, bottom), (right, bottom), ((left + right) / 2, top)], COLOURS[colour])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


class ShuffledCaptions:
    """A data set whose photos have each other's captions."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset, self.name = dataset, f"{dataset.name}, shuffled"

    def splits(self) -> tuple[str, ...]:
        return self.dataset.splits()

    def split(self, name: str) -> list[Any]:
        photos = list(self.dataset.split(name))
        order = random.Random(7).sample(range(len(photos)), len(photos))
        return [replace(photo, captions=photos[other].captions) for photo, other in zip(photos, order, strict=True)]


def save_text_tower(folder: Path) -> Path:
    """A BERT of two layers with random weights and the world's words."""
    tokenizer = build_tokenizer([caption for thing in THINGS for caption in captions(*thing)], cls=True)
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=24,
    )  # fmt: skip
    transformers.BertModel(config).eval().save_pretrained(folder)
    return folder


def save_image_tower(folder: Path) -> Path:
    """A ResNet of two stages with random weights; its batch norms have seen some noise."""
    config = transformers.ResNetConfig(embedding_size=HIDDEN, hidden_sizes=[32, 48], depths=[1, 1], layer_type="basic")
    model = transformers.ResNetForImageClassification(config)
    with torch.no_grad():
        for _ in range(20):
            model.train()(torch.randn(16, 3, SIDE, SIDE))
    model.eval().save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    transformers.ViTImageProcessorPil(size=size).save_pretrained(folder)
    return folder


def recipe(towers: dict[str, Path], **changes: Any) -> Recipe:
    """Heads on frozen towers, 16-dimensional, of few steps; ``stages`` and sections may be replaced."""
    fields: dict[str, Any] = {
        "name": "tiny",
        "embedding_dim": 16,
        "image": {"tower": str(towers["image"])},
        "text": {"tower": str(towers["text"]), "max_tokens": 12, "pooling": "mean"},
        "optimizer": {"batch_size": 48},
        "trainer": {"device": "cpu"},
        "stages": [stage()],
    }
    for key, value in changes.items():
        fields[key] = {**fields[key], **value} if isinstance(value, dict) and key in fields else value
    return Recipe.model_validate(fields)


def stage(**changes: Any) -> dict[str, Any]:
    return {"epochs": 2, "learning_rate": 5e-3, **changes}


def train(
    recipe: Recipe, world: Path | Dataset, out: Path, *, cache: Path | None = None, **options: Any
) -> tuple[FinishedRun, list[EpochLog]]:
    """Runs a recipe on a data set or its folder; the lines of its log."""
    lines: list[EpochLog] = []
    dataset = open_dataset(world) if isinstance(world, Path) else world
    options.setdefault("listener", RunListener(on_epoch=lines.append))
    return run_recipe(recipe, dataset, out, cache=cache, **options), lines


def recalls(line: EpochLog, k: int = 1) -> tuple[float, float]:
    """R@k text→image and image→text, in per cent."""
    return line.text_to_image[f"R@{k}"], line.image_to_text[f"R@{k}"]


def losses(lines: Sequence[EpochLog]) -> list[tuple[dict[str, float], float | None]]:
    """What two runs that took the same steps have in common, to the last bit."""
    return [(line.losses, line.val_loss) for line in lines]


def source_of(world: Path) -> dict[str, Any]:
    """What a run keeps of where its data lies."""
    return {"directory": str(world), "kind": "captions-json", "file": None, "images": None, "ratios": {"train": 1.0}}
