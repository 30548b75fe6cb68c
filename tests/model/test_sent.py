"""A bundle that was pickled opens elsewhere with the same embeddings."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.load import DEFAULT_BUNDLE
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.sent import SentBundle, sent_models_folder


def test_a_sent_bundle_brings_its_files_once(tiny_bundle: Bundle, own_home: Path) -> None:
    encoder = OnnxDualEncoder(tiny_bundle)
    opener = pickle.loads(pickle.dumps(encoder.opener()))
    opened, again = opener(), opener()
    assert opened.fingerprint == encoder.fingerprint
    assert opened.encode_text(["red"]) == pytest.approx(encoder.encode_text(["red"]))
    pixels = np.full((2, 16, 16, 3), 90, np.uint8)
    assert opened.encode_pixels(pixels).embeddings == pytest.approx(encoder.encode_pixels(pixels).embeddings)
    assert again.bundle.directory == opened.bundle.directory
    assert [folder.name.startswith(".") for folder in sent_models_folder().iterdir()] == [False]
    assert sent_models_folder().is_relative_to(own_home)


def test_a_bundle_that_is_damaged_is_not_sent(bundle_folder: Path) -> None:
    encoder = OnnxDualEncoder(open_bundle(bundle_folder))
    content = bytearray((bundle_folder / "text.onnx").read_bytes())
    content[-1] ^= 1
    (bundle_folder / "text.onnx").write_bytes(content)
    with pytest.raises(BundleError, match="is damaged"):
        encoder.opener()


def test_the_embedded_model_is_not_sent_since_all_have_it() -> None:
    sent = SentBundle.of(open_bundle(DEFAULT_BUNDLE), threads=1)
    assert sent.files == {}
    assert len(pickle.dumps(sent)) < 100_000
    assert sent().fingerprint == sent.manifest.fingerprint
