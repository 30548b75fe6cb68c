"""Towers as ONNX graphs: equal to torch at several batch sizes and lengths."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from training.parts.towers.checks import pixels, token_batch
from training.parts.towers.tiny import SIDE, TEXT, VISION, WORDS
from twinlens.training.parts.export import ImageModel, TextModel, export_image_model, export_text_model
from twinlens.training.parts.heads import LinearHead, MlpHead
from twinlens.training.parts.image_towers.load import load_image_tower
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.parts.towers import TextTower

CAPTIONS = ["a red dog runs on the beach", "two cats in the snow"]
TEXT_SHAPES = ((1, 1), (1, 9), (4, 3), (7, 17))


EMPTY_BESIDE_WORDS = (torch.tensor([[0, 0, 0], [3, 4, 5]]), torch.tensor([[0, 0, 0], [1, 1, 1]]))


def check_text_graph(tower: TextTower, file: Path, *, words: int, pad: int = 0, empty: bool = False) -> None:
    model = TextModel(tower, LinearHead(tower.features_dim, 8)).eval()
    export_text_model(model, file)
    session = onnxruntime.InferenceSession(str(file))
    batches = [token_batch(batch, length, words=words, pad=pad) for batch, length in TEXT_SHAPES]
    for ids, mask in [*batches, EMPTY_BESIDE_WORDS] if empty else batches:
        with torch.no_grad():
            expected = model(ids, mask).numpy()
        (ours,) = session.run(["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options"), [("bag-of-words", {"word_dim": 16}), ("lstm", {"hidden": 16}), ("transformer", {"hidden": 16})]
)
def test_a_tower_from_scratch_exports_at_any_batch_size_and_length(
    name: str, options: dict[str, int], tmp_path: Path
) -> None:
    tower = load_text_tower(name, captions=CAPTIONS, **options)
    check_text_graph(tower, tmp_path / "text.onnx", words=tower.words.num_embeddings, empty=name != "transformer")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "pooling"),
    [
        ("bert", "mean"),
        ("clip", None),
        pytest.param("bert", "cls", marks=pytest.mark.families),
        *(pytest.param(family, None, marks=pytest.mark.families) for family in TEXT if family != "clip"),
    ],
)
def test_a_pretrained_text_tower_exports_at_any_batch_size_and_length(
    family: str, pooling: str | None, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    tower = load_text_tower(str(tiny_models[family]), pooling=pooling)
    pad = 1 if family in ("roberta", "mpnet", "siglip") else 0
    check_text_graph(tower, tmp_path / "text.onnx", words=len(WORDS) + 5, pad=pad)


@pytest.mark.slow
@pytest.mark.parametrize(
    "family", [pytest.param(one, marks=[] if one in ("clip", "resnet") else pytest.mark.families) for one in VISION]
)
def test_a_pretrained_image_tower_exports_at_any_batch_size(
    family: str, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    tower = load_image_tower(str(tiny_models[family]))
    model = ImageModel(tower, MlpHead(tower.features_dim, 8, hidden=(12,))).eval()
    outputs = ("embedding", "features")
    written = outputs if model.grid_shape(SIDE) is None else (*outputs, "grid")
    export_image_model(model, tmp_path / "image.onnx", image_size=SIDE, outputs=written)
    session = onnxruntime.InferenceSession(str(tmp_path / "image.onnx"))
    for batch in (1, 2, 5, 11):
        with torch.no_grad():
            expected = model(pixels(batch, SIDE))[: len(outputs)]
        for ours, theirs in zip(session.run(outputs, {"pixels": pixels(batch, SIDE).numpy()}), expected, strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-5)
