"""Scores of compositional cases against the definitions as plain comparisons."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.evaluation.compositional.scores import CHANCE, caption_accuracy, winoground_scores

repeatable = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@repeatable
@given(st.integers(0, 10_000))
def test_winoground_scores_equal_the_comparisons_of_the_paper(seed: int) -> None:
    # few values, so that there are ties
    similarities = np.random.default_rng(seed).integers(0, 4, size=(20, 2, 2)).astype(np.float32) / 4
    found = winoground_scores(similarities)
    for number, ((i0_c0, i0_c1), (i1_c0, i1_c1)) in enumerate(similarities.tolist()):
        text = i0_c0 > i0_c1 and i1_c1 > i1_c0
        image = i0_c0 > i1_c0 and i1_c1 > i0_c1
        measured = {name: bool(own[number]) for name, own in found.items()}
        assert measured == {"text_score": text, "image_score": image, "group_score": text and image}


def test_a_guessing_model_gets_chance() -> None:
    similarities = np.random.default_rng(0).normal(size=(40_000, 2, 2)).astype(np.float32)
    found = {**winoground_scores(similarities), **caption_accuracy(similarities[:, :1])}
    for name, own in found.items():
        assert abs(own.mean() - CHANCE[name]) < 1.0, name


def test_a_model_that_tells_nothing_apart_or_gives_no_numbers_gets_nothing() -> None:
    for value in (0.3, np.nan):
        similarities = np.full((3, 2, 2), value, dtype=np.float32)
        for own in (*winoground_scores(similarities).values(), *caption_accuracy(similarities[:, :1]).values()):
            assert own.tolist() == [0, 0, 0]
