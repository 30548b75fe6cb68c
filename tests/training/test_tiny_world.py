"""The tiny world is learnt by every kind of recipe, and only where captions belong to their photos."""

from pathlib import Path
from typing import Any

import pytest

from training.parts.towers.tiny import TEXT, VISION
from training.tiny_world import CHANCE, ShuffledCaptions, losses, recalls, recipe, stage, train
from twinlens.data import WRITERS
from twinlens.data.convert import convert
from twinlens.data.find import open_dataset
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.parts.heads import HEADS
from twinlens.training.parts.losses import LOSSES

RARELY = {"validate_every": 100, "checkpoint_every": 100}
ENOUGH = {"stages": [stage(epochs=80, learning_rate=6e-3)], "trainer": RARELY}
BAG_OF_WORDS = {"tower": "bag-of-words", "pooling": None, "options": {"word_dim": 32}}
LSTM = {"tower": "lstm", "pooling": None, "options": {"hidden": 32, "word_dim": 32, "layers": 1}}
TRANSFORMER = {"tower": "transformer", "pooling": None, "options": {"hidden": 32, "layers": 1, "heads": 2}}

Towers = dict[str, Path]


def learnt(lines: list[EpochLog], *, times_chance: float = 8) -> bool:
    """Whether the right answer is first far more often than by chance, in both directions."""
    return min(recalls(lines[-1])) > times_chance * CHANCE


def test_retrieves_far_above_chance_both_ways(world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    _, lines = train(recipe(towers, **ENOUGH), world, tmp_path / "run", cache=cache)
    assert learnt(lines, times_chance=15)
    assert min(recalls(lines[-1], 5)) > 95
    assert lines[-1].losses["loss"] < 0.6 * lines[0].losses["loss"]


def test_falls_to_chance_when_captions_are_shuffled(world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    shuffled = ShuffledCaptions(open_dataset(world))
    _, lines = train(recipe(towers, **ENOUGH), shuffled, tmp_path / "run", cache=cache)
    assert max(recalls(lines[-1])) < 5 * CHANCE
    assert max(recalls(lines[-1], 5)) < 5 * CHANCE + 20  # chance, and three standard deviations of 36 guesses


# "infonce" and "one" are those of the plain recipe, which the first test trains
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "infonce")) for name in LOSSES]
)
def test_every_loss_learns(name: str, world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    _, lines = train(recipe(towers, loss={"name": name}, **ENOUGH), world, tmp_path / "run", cache=cache)
    assert learnt(lines)


@pytest.mark.parametrize("kind", HEADS)
def test_every_head_learns(kind: str, world: Path, towers: Towers, cache: Path, tmp_path: Path) -> None:
    head = {"kind": kind, "dropout": 0.1, "hidden": [32]}
    settings = recipe(towers, image={"head": head}, text={"head": head}, **ENOUGH)
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert learnt(lines)


@pytest.mark.parametrize("captions", [pytest.param("one", marks=pytest.mark.slow), "all", "mean"])
def test_every_choice_of_captions_learns(
    captions: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    _, lines = train(recipe(towers, data={"captions": captions}, **ENOUGH), world, tmp_path / "run", cache=cache)
    assert learnt(lines)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"image": "last-1"}, marks=pytest.mark.slow),
        pytest.param({"text": "last-1"}, marks=pytest.mark.slow),
        {"text": "lora"},
        {"image": "all", "text": "all", "image_learning_rate": 1e-4, "text_learning_rate": 1e-4},
    ],
    ids=str,
)
def test_every_stage_learns_more_after_the_heads(
    parts: dict[str, Any], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    stages = [stage(epochs=30, learning_rate=6e-3), stage(epochs=8, learning_rate=1e-3, **parts)]
    _, lines = train(recipe(towers, stages=stages, trainer=RARELY), world, tmp_path / "run", cache=cache)
    assert learnt(lines, times_chance=5)
    assert lines[-1].losses["loss"] < lines[30].losses["loss"]  # of the stage's first epoch


@pytest.mark.parametrize("text", [BAG_OF_WORDS, LSTM, TRANSFORMER], ids=["bag-of-words", "lstm", "transformer"])
def test_text_towers_from_scratch_learn(
    text: dict[str, Any], world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    settings = recipe(towers, text={**text, "drop_words": 0.1}, stages=[stage(epochs=40, text="all")], trainer=RARELY)
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert learnt(lines, times_chance=5)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "family"), [*(("image", f) for f in VISION), *(("text", f) for f in TEXT)])
def test_every_family_of_towers_is_trained(
    kind: str, family: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    tower = {**VISION, **TEXT}[family](tmp_path / family)
    settings = recipe(towers, **{kind: {"tower": str(tower), "pooling": None}}, stages=[stage(**{kind: "all"})])
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert lines[1].losses["loss"] < lines[0].losses["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("written", WRITERS)
def test_the_same_data_in_another_format_trains_the_same(
    written: str, world: Path, towers: Towers, cache: Path, tmp_path: Path
) -> None:
    convert(open_dataset(world), tmp_path / written, to=written)
    settings = recipe(towers, stages=[stage(epochs=1, image="last-1")])
    _, expected = train(settings, world, tmp_path / "first", cache=cache)
    _, lines = train(settings, tmp_path / written, tmp_path / "second", cache=tmp_path / "cache")
    assert [line["loss"] for line, _ in losses(lines)] == pytest.approx(
        [line["loss"] for line, _ in losses(expected)], rel=1e-4
    )
