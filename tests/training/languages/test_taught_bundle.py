"""A bundle of a taught tower and an image tower with another head."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from conftest import ColourEncoder
from twinlens.errors import TrainingError
from twinlens.model.bundle import IMAGE_HEAD, IMAGE_MODEL, Bundle, open_bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.preprocess import Preprocessing
from twinlens.training.languages.image_head import PhotoHead, read_image_head, write_image_head
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.languages.taught_bundle import write_taught_bundle
from twinlens.training.languages.taught_side import encode, new_side
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.export import ImageModel, TextModel, export_image_model, export_text_model
from twinlens.training.parts.heads import LinearHead
from twinlens.training.parts.quantization import store_weights_as_float16
from twinlens.training.parts.text_towers.load import load_text_tower

SIZE, FEATURES, DIM = 16, 24, 8
PREPROCESSING = Preprocessing(
    image_size=SIZE, resize_mode="squash", interpolation="bilinear", mean=(0.5,) * 3, std=(0.5,) * 3
)


class GridTower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, FEATURES, 3, stride=2, padding=1), nn.ReLU6())

    def grid(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels).mean(dim=(2, 3))


def text_side() -> TextSide:
    torch.manual_seed(1)
    words = ["a red thing", "ein rotes Ding", "green grass in the sun"]
    tower = load_text_tower("transformer", captions=words, hidden=32, layers=1, heads=2)
    return new_side(tower, DIM, TeachingPlan())


@pytest.fixture
def model(tmp_path: Path) -> Bundle:
    """The existing model."""
    torch.manual_seed(0)
    image, texts = ImageModel(GridTower(), LinearHead(FEATURES, DIM)).eval(), text_side().eval()
    files = {name: tmp_path / name for name in ("image.onnx", "text.onnx", "tokenizer.json")}
    export_image_model(image, files["image.onnx"], image_size=SIZE, outputs=("embedding", "features", "grid"))
    store_weights_as_float16(files["image.onnx"], files["image.onnx"])
    export_text_model(TextModel(texts.tower, texts.head), files["text.onnx"])
    texts.tower.tokenizer.save(str(files["tokenizer.json"]))
    fields = {
        "name": "old",
        "embedding_dim": DIM,
        "logit_scale": 10.0,
        "image": {
            "architecture": "grid",
            "features_dim": FEATURES,
            "preprocessing": PREPROCESSING.model_dump(mode="json"),
            "grid": [8, 8],
        },
        "text": {"architecture": "transformer", "features_dim": 32, "max_tokens": 16},
    }
    return save_bundle(tmp_path / "old", fields, files)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3)).astype(np.uint8)


def test_a_head_is_read_as_the_graph_uses_it(model: Bundle, pixels: np.ndarray) -> None:
    encoded = OnnxDualEncoder(model).encode_pixels(pixels)
    head = PhotoHead(read_image_head(model.directory / IMAGE_MODEL, dim=DIM, features_dim=FEATURES), dropout=0.5)
    ours = head.without_dropout(torch.from_numpy(encoded.features)).detach().numpy()
    np.testing.assert_allclose(ours, encoded.embeddings, atol=1e-3)


def test_another_head_changes_embedding_and_grid_alike(model: Bundle, tmp_path: Path) -> None:
    head = np.random.default_rng(1).normal(size=(DIM, FEATURES)).astype(np.float32)
    write_image_head(model.directory / IMAGE_MODEL, tmp_path / "new.onnx", head)
    session = onnxruntime.InferenceSession(str(tmp_path / "new.onnx"))
    image = np.random.default_rng(2).normal(size=(2, 3, SIZE, SIZE)).astype(np.float32)
    embedding, features, grid = session.run(
        ["embedding", "features", "grid"], {"pixels": image, "with_grid": np.array(True)}
    )
    expected = features @ head.T
    np.testing.assert_allclose(embedding, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-2)
    np.testing.assert_allclose(grid.mean(axis=(1, 2)), expected, atol=2e-2)


def test_a_graph_without_such_a_head_is_refused(model: Bundle) -> None:
    with pytest.raises(TrainingError, match="no linear head"):
        read_image_head(model.directory / IMAGE_MODEL, dim=DIM + 1, features_dim=FEATURES)


def test_the_bundle_embeds_features_of_the_old_model_as_it_embeds_photos(
    model: Bundle, pixels: np.ndarray, tmp_path: Path
) -> None:
    side, head = text_side().eval(), PhotoHead(torch.randn(DIM, FEATURES), dropout=0.3)
    write_taught_bundle(side, head, model, tmp_path / "new", TeachingPlan(), languages=["en", "de"])
    bundle = open_bundle(tmp_path / "new")
    assert IMAGE_HEAD in bundle.manifest.files
    assert bundle.fingerprint != model.fingerprint
    old, new = OnnxDualEncoder(model), OnnxDualEncoder(bundle)
    assert new.same_features == (model.fingerprint,)
    encoded = new.encode_pixels(pixels)
    np.testing.assert_allclose(encoded.features, old.encode_pixels(pixels).features, atol=1e-5)
    np.testing.assert_allclose(new.embed_features(encoded.features), encoded.embeddings, atol=2e-3)
    texts = ["a red thing", "green grass"]
    cosines = (new.encode_text(texts) * encode(side, texts).numpy()).sum(axis=1)
    assert cosines.min() > 0.97
    assert ColourEncoder().same_features == ()
