"""The tiny world and its towers, drawn once; features are cached for all tests."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from training.importing.published import save_clip, save_siglip
from training.tiny_world import captions, draw_world, recipe, save_image_tower, save_photo, save_text_tower, train
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.runs import run


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny world, which no test changes."""
    return draw_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of the tiny world, computed by the first test that wants them."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def towers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of an image tower and a text tower with random weights."""
    folder, state = tmp_path_factory.mktemp("towers"), torch.get_rng_state()
    torch.manual_seed(3)
    saved = {"image": save_image_tower(folder / "image"), "text": save_text_tower(folder / "text")}
    torch.set_rng_state(state)
    return saved


@pytest.fixture(scope="session")
def whole_run(
    world: Path, towers: dict[str, Path], cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[EpochLog]]:
    """The folder and log of the plain recipe's run, which no test changes."""
    finished, lines = train(recipe(towers), world, tmp_path_factory.mktemp("whole") / "run", cache=cache)
    return finished.folder, lines


@pytest.fixture(autouse=True)
def page_without_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a single test have no curves or examples, which take most of their time; shared runs have them."""

    def write(path: Path, *_: object) -> Path:
        path.write_text("<!doctype html>", encoding="utf-8")
        return path

    monkeypatch.setattr(run, "write_report", write)
    monkeypatch.setattr(run, "example_retrievals", lambda *_, **__: [])


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in the same order in every run, so that runs can be compared bit for bit; faster for small towers too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of a tiny CLIP and a tiny SigLIP with random weights, which no test changes."""
    folder, state = tmp_path_factory.mktemp("published"), torch.get_rng_state()
    torch.manual_seed(5)
    saved = {"clip": save_clip(folder / "clip"), "siglip": save_siglip(folder / "siglip")}
    torch.set_rng_state(state)
    return saved


@pytest.fixture(scope="session")
def few_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of twelve photos to train on and six to measure on, which no test changes."""
    folder, draw = tmp_path_factory.mktemp("photos"), random.Random(2)
    things = [(colour, shape, "white") for colour in ("red", "green", "blue") for shape in ("circle", "square")] * 3
    names = [f"{'val' if number < 6 else 'train'}-{number}.png" for number in range(len(things))]
    for name, thing in zip(names, things, strict=True):
        save_photo(folder / "images" / name, *thing, draw)
    rows = [
        {"file_name": name, "caption": caption}
        for name, thing in zip(names, things, strict=True)
        for caption in captions(*thing)
    ]
    (folder / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    splits = {split: [name for name in names if name.startswith(split)] for split in ("train", "val")}
    (folder / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return folder
