import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.evaluation.metrics import relevant_ranks
from twinlens.evaluation.score_ranks import diagonal_ranks, lenient_ranks, ranks_in_scores

repeatable = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def coarse_rows(seed: int, count: int) -> np.ndarray:
    """Unit rows of few directions, so that many scores tie."""
    rows = np.random.default_rng(seed).integers(-1, 2, size=(count, 3)).astype(np.float32)
    rows[~rows.any(axis=1)] = (1, 0, 0)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@repeatable
@given(st.integers(0, 10_000))
def test_strict_ranks_of_scores_are_those_of_the_measures(seed: int) -> None:
    queries, candidates = coarse_rows(seed, 9), coarse_rows(seed + 1, 14)
    random = np.random.default_rng(seed + 2)
    relevant = [random.choice(14, size=random.integers(1, 5), replace=False) for _ in range(9)]
    expected = relevant_ranks(queries, candidates, relevant)
    found = ranks_in_scores(queries @ candidates.T, relevant)
    assert [ranks.tolist() for ranks in found] == [ranks.tolist() for ranks in expected]


@repeatable
@given(st.integers(0, 10_000))
def test_lenient_ranks_equal_a_plain_loop(seed: int) -> None:
    queries, candidates = coarse_rows(seed, 7), coarse_rows(seed + 1, 11)
    relevant = [np.random.default_rng(seed + row).choice(11, size=2, replace=False) for row in range(7)]
    for query, answers, found in zip(queries, relevant, lenient_ranks(queries, candidates, relevant), strict=True):
        scores = [float(query @ candidate) for candidate in candidates]
        wrong = [score for row, score in enumerate(scores) if row not in answers]
        right = sorted((scores[row] for row in answers), reverse=True)
        assert found.tolist() == [
            sum(score > own + 1e-5 for score in wrong) + place for place, own in enumerate(right, start=1)
        ]


def test_scores_that_are_no_numbers_do_not_look_good() -> None:
    scores = np.array([[np.nan, 0.1, 0.2]], dtype=np.float32)
    assert ranks_in_scores(scores, [np.array([0])])[0].tolist() == [3]


def test_diagonal_ranks_count_only_what_is_strictly_better() -> None:
    rows = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    captions = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    # captions [1,0]: photos 0 and 1 tie at 1 → 1; [0,1]: own photo 1 has 0, photo 2 has 1 → 2; own photo 2 → 1
    assert diagonal_ranks(captions, rows).tolist() == [1, 2, 1]
