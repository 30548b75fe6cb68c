from dataclasses import replace

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.captioned import FEWEST, calibrate_on_captions, caption_labels
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, UNSURE
from twinlens.relevance.judge import RelevanceJudge


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def pairs(photos: int, *, captions: int = 2, noise: float = 0.8) -> EmbeddedPairs:
    random = np.random.default_rng(0)
    images = unit(random.normal(size=(photos, 32)))
    owner = np.repeat(np.arange(photos), captions)
    texts = unit(images[owner] + noise * unit(random.normal(size=(len(owner), 32))))
    return EmbeddedPairs(images, texts, owner, name="made up")


def test_right_photos_have_higher_grades_than_others() -> None:
    made = pairs(300)
    calibration, reference = calibrate_on_captions(made, fingerprint="m")
    assert (calibration.model, calibration.photo, len(reference)) == ("m", None, 100)
    judge = RelevanceJudge(calibration, reference)
    fresh = pairs(300, noise=0.8)
    right, wrong = [], []
    for text in range(0, 100, 2):
        said = judge.judge(fresh.texts[text], "text")
        scores = fresh.images @ fresh.texts[text]
        grades = said.grades(scores.tolist())
        right.append(grades[text // 2] in ("strong", "likely"))
        wrong += [grade == "strong" for row, grade in enumerate(grades) if row != text // 2]
    assert np.mean(right) > 0.8
    assert np.mean(wrong) < 0.01


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(DataError, match=f"takes {FEWEST} captioned photos or more, made up has 99"):
        calibrate_on_captions(pairs(99), fingerprint="m")


def test_captions_from_which_nothing_can_be_learned_are_refused() -> None:
    made = pairs(120)
    alike = replace(made, texts=np.repeat(made.texts[:1], len(made.texts), axis=0))
    swapped = replace(made, images=np.roll(made.images, 7, axis=0))
    one_photo = replace(made, images=np.repeat(made.images[:1], len(made.images), axis=0))
    for useless, why in ((alike, "say nearly the same"), (swapped, "by chance"), (one_photo, "by chance")):
        with pytest.raises(DataError, match=why):
            calibrate_on_captions(useless, fingerprint="m")


def test_captions_that_say_the_same_are_neither_right_nor_wrong() -> None:
    rows = np.eye(5, dtype=np.float32)
    captions = ("a dog runs", "a brown dog", "the brown dog runs", "a cat", "a cat sleeps")
    made = EmbeddedPairs(rows[:3], rows, np.array([0, 0, 1, 2, 2]), captions=captions)
    near = made.texts.copy()
    near[[0, 1, 3]] = unit(np.array([[1, 1, 0, 0, 0], [1, 1.2, 0, 0, 0], [0, 0, 0, 1, 1]]))
    labels = caption_labels(EmbeddedPairs(rows[:3], near, made.text_image_index, captions=captions), np.arange(5))
    assert labels[0].tolist() == [RELEVANT, UNSURE, NOT_RELEVANT]  # the other dog runs, too
    assert labels[3].tolist() == [NOT_RELEVANT, NOT_RELEVANT, RELEVANT]
