"""Exported graphs equal the torch modules at many batch sizes and lengths; quantised ones stay close."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import nn
from transformers import BertConfig, BertModel

from twinlens.model.bundle import WITH_GRID
from twinlens.training.parts.export import (
    ImageModel,
    TextModel,
    export_image_model,
    export_text_model,
)
from twinlens.training.parts.heads import LinearHead, build_head
from twinlens.training.parts.quantization import quantize_blocks, quantize_rows, quantize_text, store_weights_as_float16
from twinlens.training.parts.text_towers.pretrained_text import PretrainedText


class TinyImageTower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU6(), nn.Conv2d(16, 24, 3, stride=2)
        )

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.layers(pixels).mean(dim=(2, 3))


class TinyGridTower(TinyImageTower):
    def grid(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.layers(pixels)


@pytest.fixture(scope="module")
def image_model() -> ImageModel:
    torch.manual_seed(0)
    return ImageModel(TinyImageTower(), LinearHead(24, 8)).eval()


@pytest.fixture(scope="module")
def text_model() -> TextModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=300, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
        max_position_embeddings=40,
    )  # fmt: skip
    words = Tokenizer(WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tower = PretrainedText(BertModel(config), words, pooling="mean", unit_length=True)
    return TextModel(tower, LinearHead(64, 8)).eval()


@pytest.fixture(scope="module")
def image_graph(image_model: ImageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image model's graph, which no test changes."""
    path = tmp_path_factory.mktemp("graphs") / "image.onnx"
    export_image_model(image_model, path, image_size=32, outputs=("embedding", "features"))
    return path


@pytest.fixture(scope="module")
def text_graph(text_model: TextModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The text model's graph, which no test changes."""
    path = tmp_path_factory.mktemp("graphs") / "text.onnx"
    export_text_model(text_model, path)
    return path


def cosine(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)


@pytest.mark.parametrize("float16", [False, True])
def test_image_graph_equals_torch_at_several_batch_sizes(
    image_model: ImageModel, image_graph: Path, tmp_path: Path, float16: bool
) -> None:
    path = image_graph
    if float16:
        path = Path(shutil.copy(image_graph, tmp_path))
        store_weights_as_float16(path, path)
        assert path.stat().st_size < 0.8 * image_graph.stat().st_size
    session = onnxruntime.InferenceSession(str(path))
    for batch in (1, 2, 5, 17):
        pixels = torch.rand(batch, 3, 32, 32)
        with torch.no_grad():
            expected = image_model(pixels)
        for ours, theirs in zip(
            session.run(["embedding", "features"], {"pixels": pixels.numpy()}), expected, strict=True
        ):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-3 if float16 else 1e-5)


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_grid_is_given_when_asked_for_and_costs_nothing_else(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(0)
    model = ImageModel(TinyGridTower(), build_head(kind, 24, 8)).eval()
    path = tmp_path / "image.onnx"
    export_image_model(model, path, image_size=32, outputs=("embedding", "features", "grid"))
    store_weights_as_float16(path, tmp_path / "half.onnx")
    rows, columns = model.grid_shape(32) or (0, 0)
    for file, tolerance in ((path, 1e-5), (tmp_path / "half.onnx", 2e-3)):
        session = onnxruntime.InferenceSession(str(file))
        assert [feed.name for feed in session.get_inputs()] == ["pixels"]
        for batch in (1, 2, 5):
            pixels = torch.rand(batch, 3, 32, 32)
            with torch.no_grad():
                embedding, features, grid = model(pixels)
            assert grid.shape == (batch, rows, columns, 8)
            feeds = {"pixels": pixels.numpy(), WITH_GRID: np.array(True)}
            found = session.run(["embedding", "features", "grid"], feeds)
            for ours, theirs in zip(found, (embedding, features, grid), strict=True):
                np.testing.assert_allclose(ours, theirs.numpy(), atol=tolerance)
            unasked = session.run(["embedding", "grid"], {"pixels": pixels.numpy()})
            np.testing.assert_array_equal(unasked[0], found[0])
            assert unasked[1].shape == (0, rows, columns, 8)


def test_mean_of_a_linear_heads_cells_is_the_embedding() -> None:
    torch.manual_seed(0)
    model = ImageModel(TinyGridTower(), LinearHead(24, 8)).eval()
    with torch.no_grad():
        embedding, _, grid = model(torch.rand(3, 3, 32, 32))
    mean = grid.mean(dim=(1, 2))
    torch.testing.assert_close(mean / mean.norm(dim=1, keepdim=True), embedding)


def test_a_tower_that_knows_of_no_grid_gives_none(image_model: ImageModel) -> None:
    assert image_model.grid_shape(32) is None
    assert len(image_model(torch.rand(1, 3, 32, 32))) == 2


def token_batch(batch: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(batch * 100 + length)
    ids = torch.randint(1, 300, (batch, length), generator=draw)
    lengths = torch.randint(1, length + 1, (batch, 1), generator=draw)
    return ids, (torch.arange(length) < lengths).long()


def test_text_graph_equals_torch_at_several_batch_sizes_and_lengths(text_model: TextModel, text_graph: Path) -> None:
    session = onnxruntime.InferenceSession(str(text_graph))
    for batch, length in ((1, 1), (1, 9), (4, 3), (7, 33)):
        ids, mask = token_batch(batch, length)
        with torch.no_grad():
            expected = text_model(ids, mask).numpy()
        (ours,) = session.run(["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_int8_text_graph_is_smaller_and_points_the_same_way(
    text_model: TextModel, text_graph: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.onnx"
    quantize_text(text_graph, small)
    assert small.stat().st_size < 0.6 * text_graph.stat().st_size
    session = onnxruntime.InferenceSession(str(small))
    for batch, length in ((1, 2), (6, 20)):
        ids, mask = token_batch(batch, length)
        with torch.no_grad():
            expected = text_model(ids, mask).numpy()
        (ours,) = session.run(["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        assert cosine(ours, expected).min() > 0.995


def test_word_embeddings_of_4_bits_are_smaller_still_and_point_the_same_way(
    text_model: TextModel, text_graph: Path, tmp_path: Path
) -> None:
    eight, four = tmp_path / "eight.onnx", tmp_path / "four.onnx"
    quantize_text(text_graph, eight)
    quantize_text(text_graph, four, words=4)
    assert four.stat().st_size < eight.stat().st_size
    ids, mask = token_batch(6, 20)
    with torch.no_grad():
        expected = text_model(ids, mask).numpy()
    session = onnxruntime.InferenceSession(str(four))
    (ours,) = session.run(["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
    assert cosine(ours, expected).min() > 0.97


def test_a_table_that_was_quantized_in_blocks_before_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-8, 8, (20, 64)).astype(np.int8)
    codes[:, ::32] = -8  # each block reaches the end of its range, as the format has it
    scales = rng.normal(size=(20, 2)).astype(np.float16)
    table = (codes.reshape(20, 2, 32) * scales[:, :, None].astype(np.float32)).reshape(20, 64)
    again, same_scales = quantize_blocks(table)
    np.testing.assert_array_equal(same_scales, scales)
    np.testing.assert_array_equal(again, codes)


def test_layers_that_came_in_4_bits_get_4_bits_again_and_lose_nothing(text_graph: Path, tmp_path: Path) -> None:
    model = onnx.load(str(text_graph))
    products = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    weights = [tensor for tensor in model.graph.initializer if tensor.name in products]
    assert len(weights) > 6
    for tensor in weights[:6]:
        rows = onnx.numpy_helper.to_array(tensor).T
        codes, scales = quantize_blocks(rows)
        codes[:, ::32] = -8
        kept = (codes.reshape(*scales.shape, 32) * scales[:, :, None].astype(np.float32)).reshape(rows.shape)
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(kept.T), tensor.name))
    onnx.save(model, str(tmp_path / "came.onnx"))
    quantize_text(tmp_path / "came.onnx", tmp_path / "small.onnx")
    small = onnx.load(str(tmp_path / "small.onnx"))
    bits = [
        {field.name: field.i for field in node.attribute}["bits"]
        for node in small.graph.node
        if node.op_type == "MatMulNBits"
    ]
    assert (bits.count(4), bits.count(8)) == (6, len(weights) - 6)
    ids, mask = token_batch(6, 20)
    (expected,), (ours,) = (
        onnxruntime.InferenceSession(str(tmp_path / name)).run(
            ["embedding"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        )
        for name in ("came.onnx", "small.onnx")
    )
    assert cosine(ours, expected).min() > 0.99


def test_a_block_of_zeros_stays_zero() -> None:
    codes, scales = quantize_blocks(np.zeros((2, 32), dtype=np.float32))
    assert not codes.any()
    assert not scales.any()


def test_padding_does_not_change_a_text(text_model: TextModel) -> None:
    ids, mask = token_batch(1, 6)
    mask[:] = 1
    padded_ids, padded_mask = nn.functional.pad(ids, (0, 5)), nn.functional.pad(mask, (0, 5))
    with torch.no_grad():
        assert torch.allclose(text_model(ids, mask), text_model(padded_ids, padded_mask), atol=1e-5)


def test_quantized_rows_are_within_half_a_step() -> None:
    table = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)
    table[3] = 0.0
    rows, scales = quantize_rows(table)
    assert rows.dtype == np.int8
    assert (np.abs(rows * scales - table) <= scales / 2 + 1e-6).all()


def test_a_weight_too_large_for_float16_is_refused(tmp_path: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.full((20, 20), 1e6, dtype=np.float32), "weight")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "graph",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 20])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 20])],
        [weight],
    )
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "large.onnx"))
    with pytest.raises(ValueError, match="float16"):
        store_weights_as_float16(tmp_path / "large.onnx", tmp_path / "half.onnx")
