import itertools

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.baselines.chance import drawn_figures, expected_figures, random_baseline


def every_order(n_candidates: int, right: int) -> list[int]:
    """First right rank of each of all orders of right and wrong answers."""
    places = itertools.combinations(range(1, n_candidates + 1), right)
    return [min(own) for own in places]


@pytest.mark.parametrize(("n_candidates", "right"), [(5, 1), (6, 1), (6, 2), (9, 3), (7, 7)])
def test_expected_figures_are_the_mean_over_all_orders(n_candidates: int, right: int) -> None:
    firsts = np.array(every_order(n_candidates, right))
    figures = expected_figures(n_candidates, [right], ks=(1, 2, 5))
    for k in (1, 2, 5):
        assert figures[f"R@{k}"] == pytest.approx(100 * np.mean(firsts <= k), abs=1e-3)
        assert figures[f"P@{k}"] == pytest.approx(100 * right / n_candidates, abs=1e-3)
    assert figures["MRR"] == pytest.approx(np.mean(1 / firsts), abs=1e-5)
    assert figures["MeanR"] == pytest.approx(firsts.mean(), abs=1e-3)
    assert figures["MedR"] == np.median(firsts)


def test_flickr8k_chance_is_as_papers_print_it() -> None:
    baseline = random_baseline([["a"] * 5] * 1000)
    assert [baseline.text_to_image[name] for name in ("R@1", "R@5", "R@10")] == [0.1, 0.5, 1.0]
    assert [round(baseline.image_to_text[name], 1) for name in ("R@1", "R@5", "R@10")] == [0.1, 0.5, 1.0]
    assert baseline.text_to_image["MedR"] == 500.5


def test_chance_in_a_batch_of_32_is_one_in_32() -> None:
    figures = expected_figures(32, [1])
    assert (figures["R@1"], figures["R@5"], figures["R@10"]) == (3.125, 15.625, 31.25)
    assert figures["MRR"] == pytest.approx(sum(1 / rank for rank in range(1, 33)) / 32, abs=1e-6)


def test_queries_with_different_numbers_of_right_answers_are_averaged() -> None:
    one, three = expected_figures(12, [1]), expected_figures(12, [3])
    both = expected_figures(12, [1, 3, 3, 3])
    for name in ("R@1", "R@5", "P@10", "MRR", "MeanR"):
        assert both[name] == pytest.approx((one[name] + 3 * three[name]) / 4, abs=1e-3)


def test_a_k_beyond_the_gallery_finds_everything() -> None:
    figures = expected_figures(4, [2], ks=(10,))
    assert (figures["R@10"], figures["P@10"]) == (100.0, 20.0)


def test_a_drawn_order_is_near_to_chance_and_the_same_for_a_seed() -> None:
    index = np.repeat(np.arange(300), 4)
    to_image, to_text = drawn_figures(300, index, seed=3)
    assert (to_image, to_text) == drawn_figures(300, index, seed=3)
    assert to_image != drawn_figures(300, index, seed=4)[0]
    assert to_image["MeanR"] == pytest.approx(expected_figures(300, [1])["MeanR"], rel=0.06)
    assert to_text["MeanR"] == pytest.approx(expected_figures(1200, [4])["MeanR"], rel=0.2)


@pytest.mark.parametrize("counts", [[], [0], [1, 9]])
def test_impossible_counts_are_refused(counts: list[int]) -> None:
    with pytest.raises(DataError, match="right answers among 8"):
        expected_figures(8, counts)
