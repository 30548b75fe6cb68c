import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.evaluation.metrics import (
    average_precisions,
    average_precisions_at_r,
    coverage_at_k,
    ndcgs_at_k,
    r_precisions,
)
from twinlens.evaluation.query_values import query_values

repeatable = settings(max_examples=60, deadline=None, derandomize=True, database=None)
answers = st.lists(st.sets(st.integers(1, 30), min_size=1, max_size=8), min_size=1, max_size=8)


def as_ranks(own: list[set[int]]) -> list[np.ndarray]:
    return [np.array(sorted(ranks)) for ranks in own]


@repeatable
@given(answers)
def test_average_precision_equals_a_walk_down_the_list(own: list[set[int]]) -> None:
    expected = []
    for right in own:
        found, total = 0, 0.0
        for place in range(1, 31):
            if place in right:
                found += 1
                total += found / place
        expected.append(total / len(right))
    assert average_precisions(as_ranks(own)) == pytest.approx(expected)


@repeatable
@given(answers)
def test_precision_and_average_precision_at_r_equal_a_walk_down_the_first_r(own: list[set[int]]) -> None:
    shares, averages = [], []
    for right in own:
        r = len(right)
        shares.append(sum(place in right for place in range(1, r + 1)) / r)
        precisions = [sum(above in right for above in range(1, place + 1)) / place for place in range(1, r + 1)]
        averages.append(sum(share for place, share in enumerate(precisions, 1) if place in right) / r)
    assert r_precisions(as_ranks(own)) == pytest.approx(shares)
    assert average_precisions_at_r(as_ranks(own)) == pytest.approx(averages)


@repeatable
@given(answers, st.integers(1, 40))
def test_ndcg_equals_a_walk_down_the_list(own: list[set[int]], k: int) -> None:
    expected = []
    for right in own:
        gained = sum(1 / math.log2(place + 1) for place in range(1, k + 1) if place in right)
        best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(right)) + 1))
        expected.append(gained / best)
    assert ndcgs_at_k(as_ranks(own), k) == pytest.approx(expected)


@repeatable
@given(answers, st.integers(1, 40))
def test_coverage_equals_a_plain_loop(own: list[set[int]], k: int) -> None:
    shares = [sum(rank <= k for rank in right) / len(right) for right in own]
    assert coverage_at_k(as_ranks(own), k) == pytest.approx(sum(shares) / len(shares))


def test_the_values_of_two_queries_are_as_worked_out_by_hand() -> None:
    values = query_values([np.array([2, 4]), np.array([1])], ks=(1, 3))
    assert {name: own.tolist() for name, own in values.items() if name[0] in "RPcM"} == {
        "R@1": [0, 100],
        "R@3": [100, 100],
        "P@1": [0, 100],
        "P@3": pytest.approx([100 / 3, 100 / 3]),
        "coverage@1": [0, 100],
        "coverage@3": [50, 100],
        "MRR": [0.5, 1],
        "MeanR": [2, 1],
        "R-Precision": [50, 100],
    }
    assert values["mAP"].tolist() == [50, 100]  # (1/2 + 2/4) / 2
    assert values["mAP@R"].tolist() == [25, 100]  # (1/2) / 2
    best = 1 + 1 / math.log2(3)
    assert values["nDCG@10"] == pytest.approx([100 * (1 / math.log2(3) + 1 / math.log2(5)) / best, 100])


@repeatable
@given(st.lists(st.integers(1, 30), min_size=1, max_size=10), st.integers(1, 31))
def test_with_one_right_answer_coverage_is_recall_and_map_is_mrr(ranks: list[int], k: int) -> None:
    values = query_values([np.array([rank]) for rank in ranks], ks=(k,))
    assert values[f"coverage@{k}"].tolist() == values[f"R@{k}"].tolist()
    assert values["mAP"] == pytest.approx(100 * values["MRR"])
