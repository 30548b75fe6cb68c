"""Graphs as others export them: with other names and types, without features, and with rows of any length."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder

HEAD = np.random.default_rng(3).normal(size=(3, 6)).astype(np.float32)
WORDS = np.random.default_rng(4).normal(size=(24, 6)).astype(np.float32)


def _save(path, nodes, given, output, **constants):
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tower", [given], [output], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


@pytest.fixture
def bundle(tmp_path, tokenizer_file) -> Bundle:
    """Pixels one at a time as float16, token ids as int32 and of one length, no mask, no unit rows."""
    image = _save(
        tmp_path / "vision.onnx",
        [
            helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
            helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["colour"]),
            helper.make_node("MatMul", ["colour", "head"], ["embeds"]),
        ],
        helper.make_tensor_value_info("image", TensorProto.FLOAT16, [1, 3, 16, 16]),
        helper.make_tensor_value_info("embeds", TensorProto.FLOAT, [1, 6]),
        head=HEAD,
    )
    text = _save(
        tmp_path / "textual.onnx",
        [
            helper.make_node("Gather", ["words", "text"], ["rows"]),
            helper.make_node("ReduceSum", ["rows", "tokens"], ["embeds"], keepdims=0),
        ],
        helper.make_tensor_value_info("text", TensorProto.INT32, ["batch", 8]),
        helper.make_tensor_value_info("embeds", TensorProto.FLOAT, ["batch", 6]),
        words=WORDS,
        tokens=np.array([1], dtype=np.int64),
    )
    same = (0.5, 0.5, 0.5)
    preprocessing = {"image_size": 16, "resize_mode": "squash", "interpolation": "bicubic", "mean": same, "std": same}
    tower = {"architecture": "other", "features_dim": 0, "embedding": "embeds", "unit_rows": False}
    fields = {
        "name": "other",
        "embedding_dim": 6,
        "logit_scale": 100.0,
        "image": {**tower, "preprocessing": preprocessing, "input": "image"},
        "text": {
            **tower,
            "max_tokens": 8,
            "padding": "full",
            "pad_token_id": 7,
            "ids_input": "text",
            "mask_input": None,
        },
    }
    files = {"image.onnx": image, "text.onnx": text, "tokenizer.json": tokenizer_file}
    return save_bundle(tmp_path / "other", fields, files)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_photos_and_texts_are_embedded_as_worked_out_in_numpy(bundle):
    encoder = OnnxDualEncoder(bundle, threads=2)
    photos = [Image.new("RGB", (20, 30), colour) for colour in ("red", "teal", "olive")]
    colours = np.array([photo.getpixel((0, 0)) for photo in photos]) / 127.5 - 1
    np.testing.assert_allclose(encoder.encode_image(photos), unit(colours @ HEAD), atol=2e-3)
    ids = [[0, 8, 1, 7, 7, 7, 7, 7], [0, 4, 5, 8, 1, 7, 7, 7]]
    np.testing.assert_allclose(encoder.encode_text(["dog", "a red dog"]), unit(WORDS[ids].sum(axis=1)), atol=1e-5)


def test_a_model_without_features_says_that_it_has_none(bundle):
    encoder = OnnxDualEncoder(bundle, threads=1)
    assert encoder.features_dim == 0
    assert encoder.encode_pixels(np.zeros((2, 16, 16, 3), np.uint8)).features is None
    assert encoder.describe().image.features_dim == 6


def test_weights_outside_the_graph_are_checked_with_it(bundle, tmp_path):
    (tmp_path / "weights").write_bytes(b"weights")
    files = {name: bundle.directory / name for name in bundle.manifest.files}
    fields = bundle.manifest.model_dump(exclude={"files", "format_version"})
    kept = save_bundle(bundle.directory, fields, {**files, "image.onnx_data": tmp_path / "weights"})
    kept.verified("image.onnx")
    (bundle.directory / "image.onnx_data").write_bytes(b"Weights")
    with pytest.raises(BundleError, match=r"image\.onnx_data is damaged"):
        kept.verified("image.onnx")
    kept.verified("text.onnx")
