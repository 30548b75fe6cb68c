import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.evaluation import bootstrap
from twinlens.evaluation.bootstrap import intervals, middle_95, resampled_means, resampled_medians

repeatable = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def drawn_photos(n_photos: int, resamples: int, seed: int) -> list[list[int]]:
    weights = np.concatenate(list(bootstrap._weights(n_photos, resamples, seed)))
    return [[photo for photo, times in enumerate(row) for _ in range(int(times))] for row in weights]


@repeatable
@given(st.lists(st.integers(0, 4), min_size=5, max_size=20), st.integers(0, 99))
def test_a_draw_takes_photos_with_all_their_captions(owners: list[int], seed: int) -> None:
    photo_of_query = np.array([*range(5), *owners])
    ranks = np.random.default_rng(seed).integers(1, 20, size=len(photo_of_query))
    means = resampled_means(ranks[:, None].astype(float), photo_of_query, resamples=20, seed=seed)
    medians = resampled_medians(ranks, photo_of_query, resamples=20, seed=seed)
    for photos, mean, median in zip(drawn_photos(5, 20, seed), means[:, 0], medians, strict=True):
        assert len(photos) == 5
        own = [rank for photo in photos for rank, owner in zip(ranks, photo_of_query, strict=True) if owner == photo]
        assert mean == pytest.approx(sum(own) / len(own))
        assert median == np.median(own)


def test_blocks_of_draws_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = [np.array([rank]) for rank in np.random.default_rng(0).integers(1, 30, size=60)]
    whole = intervals(ranks, np.arange(60), (1, 5), resamples=50)
    monkeypatch.setattr(bootstrap, "BLOCK_WEIGHTS", 7 * 60)
    assert intervals(ranks, np.arange(60), (1, 5), resamples=50) == whole


def test_the_interval_of_a_share_is_that_of_the_binomial_law() -> None:
    hits = (np.arange(1000) < 300).astype(float)[:, None]
    low, high = middle_95(resampled_means(hits, np.arange(1000), resamples=4000)[:, 0])
    spread = 1.96 * (0.3 * 0.7 / 1000) ** 0.5
    assert (low, high) == (pytest.approx(0.3 - spread, abs=0.003), pytest.approx(0.3 + spread, abs=0.003))


def test_five_equal_captions_are_no_more_sure_than_one() -> None:
    ranks = np.random.default_rng(1).integers(1, 4, size=200)
    one = intervals([np.array([rank]) for rank in ranks], np.arange(200), (1,))
    five = intervals([np.array([rank]) for rank in np.repeat(ranks, 5)], np.repeat(np.arange(200), 5), (1,))
    assert five == one


def test_the_true_figure_lies_within_95_of_100_intervals() -> None:
    inside = 0
    for seed in range(200):
        hits = (np.random.default_rng(seed).random(150) < 0.4).astype(float)[:, None]
        low, high = middle_95(resampled_means(hits, np.arange(150), resamples=300, seed=seed)[:, 0])
        inside += low <= 0.4 <= high
    assert 0.9 <= inside / 200 <= 0.985


def test_every_measure_has_an_interval_and_the_same_seed_gives_it_again() -> None:
    random = np.random.default_rng(2)
    ranks = [np.sort(random.choice(50, size=3, replace=False)) + 1 for _ in range(40)]
    found = intervals(ranks, np.arange(40), (1, 10))
    assert intervals(ranks, np.arange(40), (1, 10)) == found
    assert intervals(ranks, np.arange(40), (1, 10), seed=1) != found
    assert set(found) == set(
        "R@1 R@10 P@1 P@10 coverage@1 coverage@10 MRR MeanR mAP R-Precision mAP@R nDCG@10 MedR".split()
    )
    assert all(low <= high for low, high in found.values())


def test_a_thousand_draws_of_a_thousand_photos_take_a_second_at_most() -> None:
    ranks = [np.array([rank]) for rank in np.random.default_rng(3).integers(1, 1000, size=5000)]
    start = time.process_time()
    intervals(ranks, np.repeat(np.arange(1000), 5), (1, 5, 10))
    assert time.process_time() - start < 1.5
