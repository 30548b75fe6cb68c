"""Towers of each family, from a folder and from a hub: trained, resumed, exported, searched with."""

from pathlib import Path

import pytest

from training.parts.towers.hub import Hub
from training.tiny_world import recipe, source_of, stage, train
from twinlens.collection.collection import Collection
from twinlens.training.runs.export_run import TOLERANCE, export_run

PAIRS = [
    ("resnet", "bert"),
    ("efficientnet", "roberta"),
    ("vit", "distilbert"),
    ("convnext", "mpnet"),
    ("dinov2", "bert"),
    ("clip", "siglip"),
    ("siglip", "clip"),
]


THROUGH_HUB = [pytest.param(*pair, True, marks=[pytest.mark.slow, pytest.mark.families]) for pair in PAIRS]


@pytest.mark.parametrize(("image", "text", "through_hub"), [(*PAIRS[2], False), *THROUGH_HUB])
def test_a_family_is_loaded_trained_resumed_exported_and_searched(
    image: str,
    text: str,
    through_hub: bool,
    tiny_models: dict[str, Path],
    hub: Hub,
    world: Path,
    tmp_path: Path,
) -> None:
    names = {name: f"tiny/{name}" if through_hub else str(tiny_models[name]) for name in (image, text)}
    settings = recipe(
        {"image": Path(names[image]), "text": Path(names[text])},
        image={"tower": names[image]},
        text={"tower": names[text], "max_tokens": 12, "pooling": None},
        stages=[stage(epochs=1), stage(epochs=1, image="last-1", text="all", learning_rate=1e-3)],
    )
    finished, lines = train(settings, world, tmp_path / "run", cache=tmp_path / "cache", source=source_of(world))
    assert len(lines) == 2
    assert any("/resolve/" in request for request in hub.requests) == through_hub
    _, again = train(settings, world, tmp_path / "run", cache=tmp_path / "cache", resume=True)
    assert again == []  # it was at its end

    exported = export_run(finished.folder, tmp_path / "bundle")
    assert exported.difference <= TOLERANCE
    with Collection.create([world / "images"], at=tmp_path / "collection", model=str(tmp_path / "bundle")) as photos:
        assert photos.index().images == 180
        assert len(photos.search("a red circle on white", k=5)) == 5
