"""From a run to its bundle: the same embeddings, the same measures, a third of the size with 8-bit weights."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from training.tiny_world import recipe, source_of, stage, train
from twinlens.data.find import open_dataset
from twinlens.data.images import open_photo
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.errors import TrainingError
from twinlens.evaluation.contamination import find_trained_on
from twinlens.evaluation.retrieval import evaluate_retrieval
from twinlens.model.bundle import open_bundle
from twinlens.model.load import load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.runs.export_run import POINTS, TOLERANCE, Exported, export_run, open_run
from twinlens.training.runs.run import load_run

OPTIONS = {"hidden": 24, "word_dim": 16}


@pytest.fixture(scope="module")
def trained(world: Path, towers: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with an LSTM of its own words."""
    folder = tmp_path_factory.mktemp("lstm")
    settings = recipe(
        towers,
        text={"tower": "lstm", "max_tokens": 12, "options": OPTIONS, "pooling": None},
        trainer={"validate_every": 20, "checkpoint_every": 20},
        stages=[stage(epochs=40, text="all", learning_rate=1e-2)],
    )
    train(settings, world, folder / "run", cache=folder / "cache", source=source_of(world))
    return folder / "run"


@pytest.fixture(scope="module")
def full(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The run's bundle, which no test changes."""
    return export_run(trained, tmp_path_factory.mktemp("full") / "bundle")


@pytest.fixture(scope="module")
def small(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Its bundle of 8-bit weights, which no test changes."""
    return export_run(trained, tmp_path_factory.mktemp("small") / "bundle", int8=True)


def test_a_bundle_has_the_measures_of_its_run(full: Exported, trained: Path, world: Path) -> None:
    dataset = open_dataset(world)
    of_run = evaluate_retrieval(open_run(trained), dataset, "val")
    of_bundle = evaluate_retrieval(load_model(full.bundle.directory), dataset, "val")
    assert of_bundle.text_to_image == of_run.text_to_image
    assert of_bundle.image_to_text == of_run.image_to_text
    assert of_run.text_to_image["R@1"] > 20  # chance is 2.8


def test_graphs_equal_torch_at_other_sizes_than_those_checked_while_exporting(full: Exported, trained: Path) -> None:
    _, model, _, _ = load_run(trained)
    session = onnxruntime.InferenceSession(str(full.bundle.directory / "text.onnx"))
    for batch, tokens in ((1, 1), (4, 9), (9, 12)):
        ids = torch.randint(1, 15, (batch, tokens), generator=torch.Generator().manual_seed(batch))
        mask = (torch.arange(tokens) < torch.randint(1, tokens + 1, (batch, 1))).long()
        (found,) = session.run(["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(found, model.text(ids, mask).numpy(), atol=TOLERANCE)


def test_the_manifest_says_what_it_was_trained_with(full: Exported) -> None:
    manifest = open_bundle(full.bundle.directory).manifest
    assert manifest.name == "tiny"
    assert manifest.embedding_dim == 16
    assert manifest.training["recipe"]["text"]["options"] == OPTIONS
    assert manifest.training["train_photos"] == 144
    assert manifest.training["epoch"] >= 1
    assert manifest.text.quantization == "float32"


def test_a_bundle_and_its_run_know_the_photos_they_were_trained_on(full: Exported, trained: Path, world: Path) -> None:
    photos = [photo.path for photo in open_dataset(world).split("train")]
    have_a_hash = [own is not None for own in hash_photos(photos)]
    assert sum(have_a_hash) > 100
    for encoder in (load_model(full.bundle.directory), open_run(trained)):
        assert find_trained_on(encoder, photos) == have_a_hash


def test_the_cells_of_a_photo_make_its_embedding(full: Exported, small: Exported, world: Path) -> None:
    for bundle in (full.bundle, small.bundle):
        encoder = OnnxDualEncoder(bundle)
        photos = [open_photo(path).image for path in sorted(world.rglob("*.png"))[:3]]
        grids = encoder.encode_grid(photos)
        assert grids.shape == (3, *bundle.manifest.image.grid, 16)
        means = grids.mean(axis=(1, 2))
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        np.testing.assert_allclose(means, encoder.encode_image(photos), atol=1e-5)


def test_int8_is_measured_on_the_val_split_and_costs_no_more_than_promised(full: Exported, small: Exported) -> None:
    assert full.quantization is None
    assert small.quantization is not None
    assert small.quantization["R@1 lost"] <= POINTS
    assert small.quantization["text cosine"] > 0.999
    assert small.quantization["image cosine"] > 0.999
    assert small.bundle.manifest.text.quantization == "int8 weights"
    assert small.bundle.manifest.training["int8"] == small.quantization
    sizes = [sum(file.size_bytes for file in found.bundle.manifest.files.values()) for found in (full, small)]
    assert sizes[1] < sizes[0]


def test_int8_without_the_data_is_exported_and_not_measured(trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    environment = json.loads((run / "environment.json").read_text())
    environment["source"]["directory"] = str(tmp_path / "gone")
    (run / "environment.json").write_text(json.dumps(environment))
    assert export_run(run, tmp_path / "small", int8=True).quantization is None


def test_a_folder_with_something_else_in_it_is_left_alone(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    with pytest.raises(TrainingError, match="contains something other than a bundle"):
        export_run(trained, tmp_path / "letters")
    assert [file.name for file in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not the folder of a training run"):
        export_run(tmp_path, tmp_path / "bundle")
