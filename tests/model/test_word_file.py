import shutil
from pathlib import Path

import pytest

from small_words import LEVELS
from twinlens.errors import BundleError
from twinlens.model.bridge import Bridge, BridgedEncoder
from twinlens.model.bundle import Bundle, open_bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.word_file import open_words, save_words
from twinlens.words.word_list import WORDS


def nowhere(_: str) -> bool:
    return False


@pytest.fixture
def own_bundle(tiny_bundle: Bundle, tmp_path: Path) -> Bundle:
    """A copy that a test may change."""
    return open_bundle(Path(shutil.copytree(tiny_bundle.directory, tmp_path / "bundle")))


def test_a_word_list_leaves_the_fingerprint_as_it_was(own_bundle: Bundle) -> None:
    before = own_bundle.fingerprint
    save_words(own_bundle, LEVELS)
    after = open_bundle(own_bundle.directory)
    assert after.fingerprint == before
    assert WORDS in after.manifest.files
    assert open_words(after).lexicon("en").level("dog") == LEVELS["en"]["dog"]
    assert OnnxDualEncoder(after).describe().knows_words


def test_the_writer_of_bundles_keeps_it(own_bundle: Bundle, tmp_path: Path) -> None:
    save_words(own_bundle, LEVELS)
    listed = open_bundle(own_bundle.directory)
    files = {name: own_bundle.directory / name for name in listed.manifest.files}
    fields = listed.manifest.model_dump(exclude={"files", "format_version"})
    copy = save_bundle(tmp_path / "copy", fields, files)
    assert copy.fingerprint == listed.fingerprint
    assert open_words(copy) is not None


def test_a_model_without_a_word_list_claims_nothing(tiny_bundle: Bundle) -> None:
    encoder = OnnxDualEncoder(tiny_bundle)
    assert encoder.check_words("qwrtzx", is_known_here=nowhere) is None
    assert not encoder.describe().knows_words


def test_an_encoder_tells_unknown_words_across_a_bridge_too(own_bundle: Bundle, eye: Bridge) -> None:
    save_words(own_bundle, LEVELS)
    encoder = OnnxDualEncoder(open_bundle(own_bundle.directory))
    for one in (encoder, BridgedEncoder(encoder, eye)):
        assert one.check_words("a giraff", is_known_here=nowhere).unknown == ("giraff",)


@pytest.fixture
def eye(tiny_bundle: Bundle) -> Bridge:
    import numpy as np

    same = np.eye(tiny_bundle.manifest.embedding_dim, dtype=np.float32)
    return Bridge("0" * 16, same, same)


def test_a_damaged_list_is_noticed(own_bundle: Bundle) -> None:
    path = save_words(own_bundle, LEVELS)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match="is damaged"):
        OnnxDualEncoder(open_bundle(own_bundle.directory)).check_words("dog", is_known_here=nowhere)


def test_languages_are_data_of_the_text_tower(own_bundle: Bundle) -> None:
    assert own_bundle.manifest.text.languages == ()
    fields = own_bundle.manifest.model_dump()
    told = type(own_bundle.manifest).model_validate(
        {**fields, "text": {**fields["text"], "languages": ["en", "zh-Hant"]}}
    )
    assert told.fingerprint == own_bundle.fingerprint
    assert OnnxDualEncoder(Bundle(own_bundle.directory, told)).describe().languages == ("en", "zh-Hant")
    with pytest.raises(ValueError, match="languages"):
        type(told).model_validate({**fields, "text": {**fields["text"], "languages": ["English"]}})
