"""A bundle with a second text tower for English."""

import json
from pathlib import Path

import numpy as np
import pytest

from small_words import save_small_words
from twinlens.errors import BundleError
from twinlens.model.bundle import ENGLISH_MODEL, ENGLISH_TOKENIZER, MANIFEST, Bundle, open_bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.words.word_list import WORDS

from .conftest import Weights, manifest_fields, save_text_graph

ENGLISH = ["a red dog", "the dog on the beach"]
OTHERS = ["ein Hund am Strand", "", "собака"]


@pytest.fixture
def other_head(weights: Weights) -> np.ndarray:
    return np.random.default_rng(3).normal(size=weights.text_head.shape).astype(np.float32)


@pytest.fixture
def bundle(tmp_path: Path, model_files: dict[str, Path], weights: Weights, other_head: np.ndarray) -> Bundle:
    """The tiny model with a second text tower, which has another head."""
    files = {
        **model_files,
        ENGLISH_MODEL: save_text_graph(tmp_path / "graph.onnx", weights.words, other_head),
        ENGLISH_TOKENIZER: model_files["tokenizer.json"],
        WORDS: save_small_words(tmp_path),
    }
    fields = manifest_fields()
    return save_bundle(tmp_path / "both", {**fields, "english": fields["text"], "english_share": 0.75}, files)


@pytest.fixture
def english_alone(tmp_path: Path, bundle: Bundle, model_files: dict[str, Path]) -> OnnxDualEncoder:
    files = {**model_files, "text.onnx": bundle.directory / ENGLISH_MODEL}
    return OnnxDualEncoder(save_bundle(tmp_path / "english", manifest_fields(), files))


def test_english_texts_are_the_weighted_sum_of_both_towers(
    bundle: Bundle, tiny_bundle: Bundle, english_alone: OnnxDualEncoder
) -> None:
    rows = OnnxDualEncoder(bundle).encode_text([*OTHERS, *ENGLISH])
    first = OnnxDualEncoder(tiny_bundle).encode_text([*OTHERS, *ENGLISH])
    np.testing.assert_allclose(rows[: len(OTHERS)], first[: len(OTHERS)], atol=1e-6)
    both = 0.25 * first[len(OTHERS) :] + 0.75 * english_alone.encode_text(ENGLISH)
    np.testing.assert_allclose(rows[len(OTHERS) :], both / np.linalg.norm(both, axis=1, keepdims=True), atol=1e-6)


def test_only_english_opens_the_english_tower(bundle: Bundle, tiny_bundle: Bundle) -> None:
    path = bundle.directory / ENGLISH_MODEL
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    encoder = OnnxDualEncoder(open_bundle(bundle.directory))
    first = OnnxDualEncoder(tiny_bundle).encode_text(OTHERS)
    np.testing.assert_allclose(encoder.encode_text(OTHERS), first, atol=1e-6)
    with pytest.raises(BundleError, match=ENGLISH_MODEL):
        encoder.encode_text(ENGLISH)


def test_no_text_is_no_row(bundle: Bundle) -> None:
    assert OnnxDualEncoder(bundle).encode_text([]).shape == (0, 6)


@pytest.mark.parametrize("name", [ENGLISH_MODEL, ENGLISH_TOKENIZER, WORDS])
def test_every_file_of_it_decides_the_fingerprint(bundle: Bundle, tiny_bundle: Bundle, name: str) -> None:
    assert bundle.fingerprint != tiny_bundle.fingerprint
    files = {**bundle.manifest.files, name: bundle.manifest.files["image.onnx"]}
    assert bundle.manifest.model_copy(update={"files": files}).fingerprint != bundle.fingerprint


def test_the_towers_shares_decide_it_too(bundle: Bundle) -> None:
    assert bundle.manifest.model_copy(update={"english_share": 0.5}).fingerprint != bundle.fingerprint


@pytest.mark.parametrize("name", [ENGLISH_MODEL, ENGLISH_TOKENIZER, WORDS])
def test_a_missing_or_damaged_file_is_told(bundle: Bundle, name: str) -> None:
    path = bundle.directory / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleError, match=name):
        OnnxDualEncoder(open_bundle(bundle.directory)).verify()
    path.unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        open_bundle(bundle.directory)


def test_without_a_word_list_it_is_refused(bundle: Bundle) -> None:
    manifest = json.loads((bundle.directory / MANIFEST).read_text(encoding="utf-8"))
    del manifest["files"][WORDS]
    (bundle.directory / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=r"does not list words\.zip"):
        open_bundle(bundle.directory)
