"""A tiny true model bundle: two ONNX graphs small enough to follow by hand, and a WordPiece tokenizer."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

from twinlens.model.bundle import FORMAT_VERSION, MANIFEST, MODEL_FILES, Bundle, file_record, open_bundle, save_bundle

SIDE, DIM, FEATURES, TEXT_FEATURES, MAX_TOKENS = 16, 6, 12, 5, 8
PAD = 3  # not 0, so that a forgotten padding id would show
WORDS = "[CLS] [SEP] [UNK] [PAD] a red blue green dog cat run ##ning ##s on the beach été 中 . , 1".split()


@dataclass(frozen=True)
class Weights:
    """What the graphs hold, to compute the embeddings by another road."""

    image_head: NDArray[np.float32]  # [F, D]
    words: NDArray[np.float32]  # [V, TEXT_FEATURES]
    text_head: NDArray[np.float32]  # [TEXT_FEATURES, D]


@pytest.fixture(scope="session")
def weights() -> Weights:
    random = np.random.default_rng(11)
    shapes = (FEATURES, DIM), (len(WORDS), TEXT_FEATURES), (TEXT_FEATURES, DIM)
    return Weights(*(random.normal(size=shape).astype(np.float32) for shape in shapes))


def _save_graph(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], **constants: Any) -> Path:
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def save_image_graph(path: Path, head: NDArray[np.float32]) -> Path:
    """pixels [B, 3, H, W] → features: the mean of each quarter of each channel; embedding: a unit row."""
    half = SIDE // 2
    nodes = [
        helper.make_node("AveragePool", ["pixels"], ["quarters"], kernel_shape=[half, half], strides=[half, half]),
        helper.make_node("Flatten", ["quarters"], ["features"]),
        helper.make_node("MatMul", ["features", "head"], ["projected"]),
        helper.make_node("LpNormalization", ["projected"], ["embedding"], axis=1, p=2),
    ]
    return _save_graph(
        path,
        nodes,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", head.shape[1]]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", FEATURES]),
        ],
        head=head,
    )


def save_text_graph(path: Path, words: NDArray[np.float32], head: NDArray[np.float32]) -> Path:
    """input_ids, attention_mask [B, T] → embedding: the mean of the words' rows, projected, a unit row."""
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask_column"]),
        helper.make_node("Mul", ["rows", "mask_column"], ["seen_rows"]),
        helper.make_node("ReduceSum", ["seen_rows", "tokens"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["mask_column", "tokens"], ["count"], keepdims=0),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("MatMul", ["mean", "head"], ["projected"]),
        helper.make_node("LpNormalization", ["projected"], ["embedding"], axis=1, p=2),
    ]
    tokens = ["batch", "tokens"]
    return _save_graph(
        path,
        nodes,
        [helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", head.shape[1]])],
        words=words,
        head=head,
        last=np.array([2], dtype=np.int64),
        tokens=np.array([1], dtype=np.int64),
    )


def save_tokenizer(path: Path) -> Path:
    """Lower-case WordPiece with [CLS] … [SEP] around the text, as BERT has it."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    tokenizer.add_special_tokens(["[CLS]", "[SEP]", "[UNK]", "[PAD]"])
    # a published tokenizer.json often comes with settings of its own, which the manifest must override
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(pad_id=PAD, pad_token="[PAD]", length=32)
    tokenizer.save(str(path))
    return path


def manifest_fields() -> dict[str, Any]:
    """The manifest of the tiny model, without its files."""
    preprocessing = {
        "image_size": SIDE,
        "resize_mode": "squash",
        "interpolation": "bilinear",
        "mean": [0.5, 0.4, 0.3],
        "std": [0.2, 0.25, 0.3],
    }
    return {
        "name": "tiny",
        "embedding_dim": DIM,
        "logit_scale": 20.0,
        "image": {"architecture": "quarters", "features_dim": FEATURES, "preprocessing": preprocessing},
        "text": {"architecture": "mean of words", "features_dim": TEXT_FEATURES, "max_tokens": MAX_TOKENS},
    }


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tokenizer(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory, weights: Weights, tokenizer_file: Path) -> dict[str, Path]:
    """The three files of the tiny model, as an exporter leaves them."""
    folder = tmp_path_factory.mktemp("exported")
    return {
        "image.onnx": save_image_graph(folder / "image.onnx", weights.image_head),
        "text.onnx": save_text_graph(folder / "text.onnx", weights.words, weights.text_head),
        "tokenizer.json": tokenizer_file,
    }


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, model_files: dict[str, Path]) -> Bundle:
    """The tiny model as a bundle that no test changes."""
    return save_bundle(tmp_path_factory.mktemp("models") / "tiny", manifest_fields(), model_files)


@pytest.fixture
def bundle_folder(tmp_path: Path, tiny_bundle: Bundle) -> Path:
    """A copy of the bundle for a test to damage."""
    return Path(shutil.copytree(tiny_bundle.directory, tmp_path / "bundle"))


Reseal = Callable[..., Bundle]


@pytest.fixture
def reseal(bundle_folder: Path) -> Reseal:
    """Records the copied bundle's files as they are now, and opens it: what an exporter of such files would leave.

    Keyword arguments replace fields of the manifest, dotted with two underscores: ``text__max_tokens=5``.
    """

    def seal(**changes: Any) -> Bundle:
        fields = {**manifest_fields(), "format_version": FORMAT_VERSION}
        fields["files"] = {name: file_record(bundle_folder / name).model_dump() for name in MODEL_FILES}
        for key, value in changes.items():
            *tables, last = key.split("__")
            table = fields
            for name in tables:
                table = table[name]
            table[last] = value
        (bundle_folder / MANIFEST).write_text(json.dumps(fields), encoding="utf-8")
        return open_bundle(bundle_folder)

    return seal
