"""A run's model as a dual encoder: the same rows as its towers give, alone or in company."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from training.tiny_world import THINGS, captions, recipe
from twinlens.collection.collection import Collection
from twinlens.training.runs.build import build_model
from twinlens.training.runs.torch_encoder import TorchDualEncoder


@pytest.fixture
def torch_encoder(towers: dict[str, Path]) -> TorchDualEncoder:
    return TorchDualEncoder(build_model(recipe(towers)))


def test_embeddings_are_unit_rows_and_do_not_depend_on_their_company(torch_encoder: TorchDualEncoder) -> None:
    texts = [text for thing in THINGS for text in captions(*thing)] * 2  # more than a batch
    rows = torch_encoder.encode_text(texts)
    assert rows.shape == (144, torch_encoder.dim) == (144, 16)
    assert (rows**2).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert rows[143] == pytest.approx(torch_encoder.encode_text([texts[143]])[0], abs=1e-5)
    images = [Image.new("RGB", (40, 32), colour) for colour in ("red", "blue", "green")]
    both = torch_encoder.encode_image(images)
    assert both.shape == (3, 16)
    assert both[1] == pytest.approx(torch_encoder.encode_image(images[1:2])[0], abs=1e-5)


def test_features_are_what_leaves_the_tower(torch_encoder: TorchDualEncoder) -> None:
    prepared = torch_encoder.prepare(Image.new("RGB", (40, 32), "red"))
    found = torch_encoder.encode_pixels(prepared[None])
    assert found.features is not None
    assert found.features.shape == (1, torch_encoder.features_dim)
    with torch.no_grad():
        again = torch_encoder.model.image.head(torch.from_numpy(found.features))
    assert again.numpy() == pytest.approx(found.embeddings, abs=1e-6)


def test_other_weights_have_another_fingerprint(towers: dict[str, Path]) -> None:
    first, again, other = (TorchDualEncoder(build_model(recipe(towers, seed=seed))) for seed in (0, 0, 1))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_it_says_what_it_reads_of_a_long_text(torch_encoder: TorchDualEncoder) -> None:
    text = " ".join(text for thing in THINGS for text in captions(*thing))
    seen = torch_encoder.seen_part(text)
    assert text.startswith(seen)
    assert 0 < len(seen) < len(text)
    assert torch_encoder.seen_part(seen) == seen
    assert torch_encoder.encode_text([text])[0] == pytest.approx(torch_encoder.encode_text([seen])[0], abs=1e-6)


def test_a_collection_can_be_indexed_and_searched_with_it(torch_encoder: TorchDualEncoder, tmp_path: Path) -> None:
    for colour in ("red", "blue"):
        Image.new("RGB", (40, 32), colour).save(tmp_path / f"{colour}.png")
    with Collection.open(tmp_path, model=torch_encoder) as collection:
        assert collection.index().added == 2
        assert len(collection.search("a red circle")) == 2
        assert collection.status()["model"] == "torch run"
