from collections.abc import Sequence

import numpy as np
import pytest

from conftest import ColourEncoder
from twinlens.errors import DataError
from twinlens.evaluation.baselines.conse import conse_baseline, conse_embeddings, zero_shot_probabilities

CLASSES = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)


def test_embedding_is_the_mix_of_the_likeliest_classes_by_probability() -> None:
    # two of three classes: (0.5 · [1, 0] + 0.3 · [0, 1]) / 0.8, made unit
    found = conse_embeddings(np.array([[0.5, 0.3, 0.2]]), CLASSES, top=2)
    assert found[0] == pytest.approx(np.array([0.5, 0.3]) / np.hypot(0.5, 0.3), abs=1e-6)
    everything = conse_embeddings(np.array([[0.5, 0.3, 0.2]]), CLASSES, top=99)
    mixed = np.array([0.5 + 0.2 * 0.6, 0.3 + 0.2 * 0.8])
    assert everything[0] == pytest.approx(mixed / np.linalg.norm(mixed), abs=1e-6)


def test_scale_of_a_row_does_not_matter() -> None:
    random = np.random.default_rng(0).random((6, 3))
    assert conse_embeddings(random, CLASSES, top=2) == pytest.approx(conse_embeddings(7 * random, CLASSES, top=2))


def test_a_sure_classifier_of_the_colours_finds_captions_that_name_them(encoder: ColourEncoder) -> None:
    names = ["red", "green", "blue"]
    captions = [["a red wall", "something red"], ["green"], ["a blue sea", "blue"]]
    baseline = conse_baseline(np.eye(3) * 0.9 + 0.05, names, captions, encoder.encode_text, top=1)
    assert baseline.text_to_image["R@1"] == baseline.image_to_text["R@1"] == 100.0
    wrong = conse_baseline(np.roll(np.eye(3), 1, axis=1), names, captions, encoder.encode_text, top=1)
    assert wrong.text_to_image["R@1"] == 0.0


def test_probabilities_of_a_dual_encoder_are_a_softmax_over_classes() -> None:
    images = np.array([[1, 0], [0, 1]], dtype=np.float32)
    found = zero_shot_probabilities(images, CLASSES, logit_scale=10)
    expected = np.exp(10 * images @ CLASSES.T)
    assert found == pytest.approx(expected / expected.sum(axis=1, keepdims=True), rel=1e-5)
    assert zero_shot_probabilities(images, CLASSES, logit_scale=1e6).max() == 1.0  # no overflow


@pytest.mark.parametrize(
    ("probabilities", "top", "message"),
    [
        ([[0.5, 0.5]], 2, "got \\[1, 2\\] and \\[3, 2\\]"),
        ([[0.5, -0.1, 0.2]], 2, "none negative or NaN"),
        ([[0.0, 0.0, 0.0]], 2, "some above 0"),
        ([[0.5, np.nan, 0.2]], 2, "none negative or NaN"),
        ([[0.5, 0.3, 0.2]], 0, "top=0"),
    ],
)
def test_what_is_no_probabilities_is_refused(probabilities: Sequence[Sequence[float]], top: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        conse_embeddings(np.array(probabilities), CLASSES, top=top)


def test_opposite_classes_that_cancel_out_are_refused() -> None:
    with pytest.raises(DataError, match="cancel"):
        conse_embeddings(np.array([[0.5, 0.5]]), np.array([[1, 0], [-1, 0]], dtype=np.float32))


def test_a_row_for_each_photo_is_needed(encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="2 photos, 3 classes"):
        conse_baseline(np.eye(3), ["red", "green", "blue"], [["a"], ["b"]], encoder.encode_text)
