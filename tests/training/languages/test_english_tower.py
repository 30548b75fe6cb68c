"""The English tower of an older model in a taught bundle."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from small_words import LEVELS
from twinlens.errors import TrainingError
from twinlens.model.bundle import ENGLISH_MODEL, ENGLISH_TOKENIZER, Bundle, open_bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.word_file import save_words
from twinlens.training.languages.english_tower import add_english_tower
from twinlens.training.parts.export import TextModel, export_text_model
from twinlens.training.parts.heads import LinearHead
from twinlens.training.parts.quantization import in_float32, quantize_text
from twinlens.training.parts.text_towers.pretrained_text import PretrainedText

DIM, WIDTH = 8, 32
PIECES = "[PAD] [UNK] [CLS] [SEP] a dog beach the on wreck ##s ##hip 中 zebra".split()
PREPROCESSING = {
    "image_size": 16,
    "resize_mode": "squash",
    "interpolation": "bilinear",
    "mean": [0.5] * 3,
    "std": [0.5] * 3,
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model whose text tower is a small BERT in 8 bits."""
    folder = tmp_path_factory.mktemp("model")
    pieces = dict.fromkeys([*PIECES, *LETTERS, *(f"##{letter}" for letter in LETTERS)])
    tokenizer = Tokenizer(models.WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(PIECES[:4])
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
    )
    tower = PretrainedText(BertModel(config, add_pooling_layer=False).eval(), tokenizer, pooling="mean")
    export_text_model(TextModel(tower, LinearHead(WIDTH, DIM)).eval(), folder / "text32.onnx")
    quantize_text(folder / "text32.onnx", folder / "text.onnx")
    (folder / "image.onnx").write_bytes(b"not read here")
    files = {name: folder / name for name in ("image.onnx", "text.onnx", "tokenizer.json")}
    fields = {
        "name": "old",
        "embedding_dim": DIM,
        "logit_scale": 10.0,
        "image": {"architecture": "none", "features_dim": 4, "preprocessing": PREPROCESSING},
        "text": {"architecture": "bert", "features_dim": WIDTH, "max_tokens": 32},
    }
    return save_bundle(folder / "bundle", fields, files)


@pytest.fixture
def taught(model: Bundle, tmp_path: Path) -> Bundle:
    """A bundle for the tower to be added to: the same towers, other text length, and a word list."""
    files = {name: model.directory / name for name in model.manifest.files}
    fields = model.manifest.model_dump(mode="json", exclude={"files", "format_version"})
    bundle = save_bundle(tmp_path / "taught", {**fields, "text": {**fields["text"], "max_tokens": 16}}, files)
    save_words(bundle, LEVELS)
    return open_bundle(bundle.directory)


def test_english_texts_are_read_by_it_too(model: Bundle, taught: Bundle) -> None:
    old = OnnxDualEncoder(model)
    bundle = add_english_tower(taught, model, ["shipwrecks"], share=0.5)
    assert bundle.manifest.english is not None
    assert bundle.manifest.english.max_tokens == 16
    assert (bundle.directory / ENGLISH_MODEL).stat().st_size < (model.directory / "text.onnx").stat().st_size
    texts = ["a dog on the beach", "the zebra"]
    cosines = (OnnxDualEncoder(bundle).encode_text(texts) * old.encode_text(texts)).sum(axis=1)
    assert cosines.min() > 0.95  # the sum of a tower and the same tower in 4 bits
    other = OnnxDualEncoder(bundle).encode_text(["ein Hund"])
    np.testing.assert_allclose(other, old.encode_text(["ein Hund"]), atol=1e-6)


def test_pieces_that_no_text_has_are_left_out(model: Bundle, taught: Bundle) -> None:
    bundle = add_english_tower(taught, model, ["a wreck"], share=0.5)
    old = Tokenizer.from_file(str(model.directory / "tokenizer.json"))
    new = Tokenizer.from_file(str(bundle.directory / ENGLISH_TOKENIZER))
    assert set(old.get_vocab()) - set(new.get_vocab()) == {"##hip", "中"}
    assert new.encode("a wreck on the beach").tokens == old.encode("a wreck on the beach").tokens
    assert new.encode("wreckship").tokens == ["[CLS]", "wreck", "##s", "##h", "##i", "##p", "[SEP]"]
    assert sorted(new.get_vocab().values()) == list(range(new.get_vocab_size()))


def test_weights_in_8_bits_are_read_as_the_graph_uses_them(model: Bundle, tmp_path: Path) -> None:
    onnx.save(in_float32(onnx.load(str(model.directory / "text.onnx"))), str(tmp_path / "text32.onnx"))
    inputs = {"input_ids": np.array([[2, 4, 5, 3]]), "attention_mask": np.ones((1, 4), dtype=np.int64)}
    small, large = (
        onnxruntime.InferenceSession(str(file)).run(["embedding"], inputs)[0]
        for file in (model.directory / "text.onnx", tmp_path / "text32.onnx")
    )
    np.testing.assert_allclose(small, large, atol=0.02)


def test_a_calibration_of_other_embeddings_is_removed(model: Bundle, taught: Bundle) -> None:
    assert add_english_tower(taught, model, [], share=0.5).manifest.calibration is None


def test_a_bundle_without_a_word_list_is_refused(model: Bundle) -> None:
    with pytest.raises(TrainingError, match=r"has no words\.zip"):
        add_english_tower(model, model, [], share=0.5)
