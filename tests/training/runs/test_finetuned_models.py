"""Published models of every family are fine-tuned, exported, indexed, searched and evaluated."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import twinlens
from training.importing.published import SAVED
from training.tiny_world import CHANCE, recalls, source_of, stage, train
from twinlens.cli.main import app
from twinlens.data.find import open_dataset
from twinlens.data.images import open_photo
from twinlens.evaluation.retrieval import evaluate_retrieval
from twinlens.model.load import load_model
from twinlens.training.importing.parity import PHOTOS
from twinlens.training.recipe import Recipe, load_recipe
from twinlens.training.runs.export_run import export_run, open_run
from twinlens.training.runs.run import load_run, published_weights
from twinlens.training.runs.run_folder import WISE_FT
from twinlens.training.runs.wise_ft import weights_of

pytestmark = [pytest.mark.slow, pytest.mark.families]  # each graph takes seconds to export
RECIPES = Path(__file__).parents[3] / "recipes"
SIGMOID = ("siglip", "siglip2")
RATE = 2e-3
WAYS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {  # a stage, and the parts that it moves
    "full": ({"image": "all", "text": "all"}, ("image.tower", "image.head", "text.tower", "text.head")),
    "LiT": ({"text": "all", "heads": "text"}, ("text.tower", "text.head")),
    "last blocks": (
        {"image": "last-1", "text": "last-1"},
        ("image.tower", "image.head", "text.tower", "text.head"),
    ),
    "LoRA": ({"image": "lora", "text": "lora", "heads": "none"}, ("image.tower", "text.tower")),
    "heads only": ({}, ("image.head", "text.head")),
}


def recipe(folder: Path, *stages: dict[str, Any], **changes: Any) -> Recipe:
    fields = {
        "name": "tuned",
        "model": str(folder),
        "loss": {"name": "sigmoid" if folder.name in SIGMOID else "infonce"},
        "optimizer": {"batch_size": 48},
        "trainer": {"device": "cpu"},
        "stages": list(stages),
    }
    return Recipe.model_validate(fields | changes)


@pytest.mark.parametrize("family", SAVED)
def test_each_family_is_tuned_exported_indexed_and_searched(family: str, world: Path, tmp_path: Path) -> None:
    settings = recipe(SAVED[family](tmp_path / family), stage(epochs=1, image="all", text="lora", learning_rate=RATE))
    train(settings, world, tmp_path / "run", source=source_of(world))
    made = export_run(tmp_path / "run", tmp_path / "bundle")
    assert (made.bundle.manifest.logit_bias is not None) == (family in SIGMOID)
    dataset, encoder = open_dataset(world), open_run(tmp_path / "run")
    of_run, of_bundle = (
        evaluate_retrieval(model, dataset, "val") for model in (encoder, load_model(made.bundle.directory))
    )
    assert of_bundle.text_to_image == of_run.text_to_image
    assert of_bundle.image_to_text == of_run.image_to_text
    photos = sorted(PHOTOS.glob("*.jpg"))
    images = encoder.encode_image([open_photo(photo, min_side=encoder.input_side).image for photo in photos])
    scores = images @ encoder.encode_text(["a red dog"])[0]
    with twinlens.Collection.create(PHOTOS, at=tmp_path / "library", model=str(made.bundle.directory)) as library:
        library.index()
        hits = library.search("a red dog", k=len(photos))
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores, reverse=True), abs=2e-3)


@pytest.mark.parametrize("family", ["clip", "siglip"])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_learns_and_leaves_the_rest_bit_for_bit(
    way: str, family: str, world: Path, published: dict[str, Path], cache: Path, tmp_path: Path
) -> None:
    parts, moved = WAYS[way]
    settings = recipe(published[family], stage(epochs=3, learning_rate=RATE, **parts))
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert lines[-1].losses["loss"] < lines[0].losses["loss"]
    start, end = published_weights(tmp_path / "run"), weights_of(*load_run(tmp_path / "run")[1:3])
    changed = {name for name, value in end.items() if not torch.equal(value, start[name])}
    assert {".".join(name.split(".")[1:3]) for name in changed if name.startswith("model.")} == set(moved)


def test_a_tuned_clip_retrieves_far_above_chance(world: Path, published: dict[str, Path], tmp_path: Path) -> None:
    rare = {"device": "cpu", "validate_every": 100, "checkpoint_every": 100}
    tuned = stage(epochs=40, image="all", text="all", learning_rate=RATE, warmup_epochs=2)
    _, lines = train(recipe(published["clip"], tuned, trainer=rare), world, tmp_path / "run")
    assert min(recalls(lines[-1])) > 5 * CHANCE  # its twenty tokens end before the ground, which one in three guesses


def test_photos_keep_their_embeddings_in_lit(
    world: Path, published: dict[str, Path], cache: Path, tmp_path: Path
) -> None:
    settings = recipe(
        published["clip"],
        stage(epochs=1, text="all", heads="text", learning_rate=RATE),
        optimizer={"batch_size": 48, "gradient_checkpointing": True},
    )
    train(settings, world, tmp_path / "run", cache=cache)
    made = export_run(tmp_path / "run", tmp_path / "bundle")
    published_one = export_run(tmp_path / "run", tmp_path / "published", wise_ft=0.0)
    photos = [open_photo(photo).image for photo in sorted(PHOTOS.glob("*.jpg"))]
    tuned, before = (load_model(each.bundle.directory) for each in (made, published_one))
    np.testing.assert_array_equal(tuned.encode_image(photos), before.encode_image(photos))
    assert not np.allclose(tuned.encode_text(["a red dog"]), before.encode_text(["a red dog"]), atol=1e-3)


@pytest.mark.parametrize("name", ["clip-b32", "siglip-b16"])
def test_the_recipes_run_on_stand_ins_and_half_of_them_is_exported(
    name: str, world: Path, published: dict[str, Path], tmp_path: Path
) -> None:
    changes = ("optimizer.batch_size=48", "stages.0.epochs=2", "trainer.device=cpu", "wise_ft.alphas=[0.0, 0.5, 1.0]")
    family = name.partition("-")[0]
    run = tmp_path / "run"
    settings = load_recipe(
        RECIPES / f"{name}.toml",
        changes=[*changes, f'model="{published[family]}"', f'wise_ft.second_data="{world}"'],
    )
    train(settings, world, run, source=source_of(world))
    curve = json.loads((run / WISE_FT).read_text())
    assert len(curve["sets"]) == 2
    command = ["export", str(run), "--out", str(tmp_path / "half"), "--wise-ft", "0.5", "--json"]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    half = load_model(tmp_path / "half")
    found = evaluate_retrieval(half, open_dataset(world), "val")
    for way in ("text_to_image", "image_to_text"):
        nearly = pytest.approx(curve["sets"][0][way]["R@1"][1], abs=3)  # measured in bf16
        assert getattr(found, way)["R@1"] == nearly
    training = json.loads((tmp_path / "half" / "model.json").read_text())["training"]
    assert training["wise_ft"] == 0.5
    assert training["recipe"]["model"] == family
    assert str(tmp_path) not in json.dumps(training)


def test_a_tuned_model_is_exported_in_8_bits(world: Path, published: dict[str, Path], tmp_path: Path) -> None:
    tuned = stage(epochs=1, image="all", text="all", learning_rate=RATE)
    train(recipe(published["siglip"], tuned), world, tmp_path / "run", source=source_of(world))
    small = export_run(tmp_path / "run", tmp_path / "small", int8=True)
    assert small.quantization is not None
    assert small.quantization["text cosine"] > 0.999
    assert small.quantization["image cosine"] > 0.999


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own use, in its compiler
def test_a_compiled_run_takes_the_same_steps(world: Path, published: dict[str, Path], tmp_path: Path) -> None:
    found = []
    for compiled in (False, True):
        settings = recipe(
            published["clip"],
            stage(epochs=1, image="lora", learning_rate=RATE),  # one tower, since compiling takes a minute
            trainer={"device": "cpu", "compile": compiled},
            optimizer={"batch_size": 48, "gradient_checkpointing": True},
        )
        _, lines = train(settings, world, tmp_path / f"run-{compiled}")
        found.append(lines[0].losses["loss"])
    assert found[1] == pytest.approx(found[0], rel=1e-4)
