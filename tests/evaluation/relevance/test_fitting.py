import numpy as np
import pytest

from twinlens.evaluation.relevance.fitting import (
    QUERY_MISS_RATE,
    RELATIVE_MISS_RATE,
    fit_relevance_map,
    has_relevant_hit,
    logistic_regression,
    query_weights,
)
from twinlens.evaluation.relevance.measuring import calibration_error, measure
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, UNSURE, Trial
from twinlens.relevance.judge import ScoreScale, hit_probabilities, query_matches


def world(size: int, *, queries: int = 400, seed: int = 0, gap: float = 0.35) -> Trial:
    """Captions whose own photo scores about ``gap`` above all others, and absent things."""
    random = np.random.default_rng(seed + size)
    k = min(10, size)
    others = np.sort(random.normal(0.05, 0.1, (queries, size)), axis=1)[:, ::-1][:, :k]
    group = np.where(np.arange(queries) % 2 == 0, "caption", "absent")
    scores, labels = others.copy(), np.full((queries, k), NOT_RELEVANT, dtype=np.int8)
    own = random.normal(0.05 + gap, 0.1, queries)
    for row in range(0, queries, 2):
        place = min(int((scores[row] > own[row]).sum()), k - 1)
        scores[row] = np.insert(scores[row], place, own[row])[:k]
        labels[row] = np.insert(labels[row], place, RELEVANT)[:k]
    same = np.ones(queries)
    return Trial(group, scores, labels, labels == RELEVANT, ScoreScale(0.05 * same, 0.1 * same, 3 * same), size)


def test_logistic_regression_finds_the_weights_that_made_the_labels():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(40_000, 2)) * [1.0, 5.0] + [0.0, 3.0]
    chances = 1 / (1 + np.exp(-(inputs @ [1.5, -0.4] + 0.7)))
    targets = (random.random(len(inputs)) < chances).astype(float)
    found = logistic_regression(inputs, targets, np.ones(len(inputs)), ridge=0.0)
    assert found == pytest.approx([1.5, -0.4, 0.7], abs=0.06)


def test_logistic_regression_with_weights_is_that_of_repeated_rows():
    random = np.random.default_rng(1)
    inputs, targets = random.normal(size=(50, 3)), random.integers(0, 2, 50).astype(float)
    counts = random.integers(1, 4, 50)
    repeated = logistic_regression(
        np.repeat(inputs, counts, axis=0), np.repeat(targets, counts), np.ones(counts.sum()), ridge=0
    )
    # the columns are standardised by what is given, which without a penalty changes nothing
    assert logistic_regression(inputs, targets, counts.astype(float), ridge=0) == pytest.approx(repeated, rel=1e-4)


def test_separable_labels_still_give_finite_weights():
    found = logistic_regression(np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0.0, 0, 1, 1]), np.ones(4))
    assert np.isfinite(found).all()
    assert found[0] > 0


def test_each_size_counts_the_same_and_each_group_its_weight():
    trials = [world(1), world(1, seed=9), world(50)]
    weights = query_weights(trials)
    assert sum(weights[0]) + sum(weights[1]) == pytest.approx(sum(weights[2]))
    assert weights[2][trials[2].group == "caption"].sum() == pytest.approx(0.4)


def test_fitted_probabilities_come_true_on_other_queries():
    fitted = fit_relevance_map([world(size) for size in (1, 10, 100, 500)])
    for size in (1, 10, 100, 500):
        fresh = world(size, seed=5, queries=2000)
        known = fresh.labels != UNSURE
        probabilities = hit_probabilities(fitted, fresh.scores, fresh.scale, size)
        assert calibration_error(probabilities[known], (fresh.labels == RELEVANT)[known]) < 0.06


def test_about_as_many_matches_are_missed_in_collections_of_any_size():
    fitted = fit_relevance_map([world(size) for size in (1, 10, 100, 500)])
    for size in (1, 10, 100, 500):
        fresh = world(size, seed=5, queries=2000)
        missed = 1 - query_matches(fitted, fresh.scores[:, 0], fresh.scale, size)[has_relevant_hit(fresh)].mean()
        assert missed == pytest.approx(QUERY_MISS_RATE, abs=0.05)


def test_the_relative_threshold_misses_about_the_share_wanted():
    worlds = [world(size, gap=0.2, queries=2000) for size in (30, 100)]
    fitted = fit_relevance_map(worlds)
    missed = []
    for one in worlds:
        probabilities = hit_probabilities(fitted, one.scores, one.scale, one.num_candidates)
        best_relevant = np.where(one.labels == RELEVANT, probabilities, 0.0).max(axis=1)
        missed += (best_relevant < fitted.relative_threshold * probabilities[:, 0])[has_relevant_hit(one)].tolist()
    assert 0 < fitted.relative_threshold < 1
    assert np.mean(missed) == pytest.approx(RELATIVE_MISS_RATE, abs=0.01)


def test_a_model_that_separates_better_refuses_more():
    refused = []
    for gap in (0.1, 0.3, 0.6):
        fitted = fit_relevance_map([world(size, gap=gap) for size in (1, 10, 100)])
        refused.append(measure(fitted, [world(100, gap=gap, seed=5)])[0].refused)
    assert refused == sorted(refused)
    assert refused[-1] > 0.95
