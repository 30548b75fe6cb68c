import numpy as np
import pytest

from twinlens.relevance.evidence import score_features, score_scale


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_features_are_those_of_plain_loops() -> None:
    # sixteenths: their products and sums are exact in float32, in any order
    random = np.random.default_rng(7)
    reference, queries = ((random.integers(-8, 9, size=(count, 6)) / 16).astype(np.float32) for count in (30, 3))
    scores = random.uniform(-0.4, 0.6, size=(3, 5))
    table = score_features(scores, score_scale(queries, reference))
    for row, query in enumerate(queries):
        against = [sum(float(a) * float(b) for a, b in zip(query, photo, strict=True)) for photo in reference]
        mean = sum(against) / 30
        variance = sum((one - mean) ** 2 for one in against) / 30
        kurtosis = sum((one - mean) ** 4 for one in against) / 30 / variance**2
        expected = {
            "score": scores[row],
            "z": (scores[row] - mean) / np.sqrt(variance),
            "mean": [mean] * 5,
            "log_std": [np.log(np.sqrt(variance))] * 5,
            "log_kurtosis": [np.log(kurtosis)] * 5,
        }
        assert set(table) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(table[name][row], values, rtol=1e-9)


def test_the_scale_of_queries_is_that_of_each() -> None:
    queries, reference = unit_rows(3), unit_rows(40, seed=1)
    found = score_scale(queries, reference)
    for row in range(3):
        alone = score_scale(queries[row : row + 1], reference)
        assert [column[row] for column in found] == pytest.approx([column[0] for column in alone], rel=1e-5)


def test_a_query_to_which_all_photos_are_alike_gives_finite_features() -> None:
    same = np.repeat(unit_rows(1), 9, axis=0)
    table = score_features(np.array([[0.5, 0.1]]), score_scale(unit_rows(1, seed=2), same))
    assert all(np.isfinite(column).all() for column in table.values())
