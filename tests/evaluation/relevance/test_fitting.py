import numpy as np
import pytest

from evaluation.relevance.worlds import libraries, world
from twinlens.errors import DataError
from twinlens.evaluation.relevance.fitting import SCORE_ALONE, fit_relevance_map, query_weights
from twinlens.evaluation.relevance.trials import RELEVANT
from twinlens.relevance.evidence import score_features

SIZES = {20: 20, 100: 4, 200: 1}


def test_each_library_counts_the_same_and_in_it_each_kind_of_query() -> None:
    trials = libraries(world(queries=40), {20: 3, 100: 1})
    weights = query_weights(trials)
    assert sum(own.sum() for own in weights[:3]) == pytest.approx(weights[3].sum())
    of_words = np.char.startswith(trials[3].line, "words")
    assert weights[3][of_words].sum() == pytest.approx(weights[3][~of_words].sum())


def test_fitted_probabilities_come_true_on_other_queries() -> None:
    fitted = fit_relevance_map(libraries(world(), SIZES))
    for trial in libraries(world(seed=5), {100: 3}):
        probabilities = fitted.hit.probabilities(score_features(trial.scores, trial.scale))
        assert probabilities.mean() == pytest.approx((trial.labels == RELEVANT).mean(), abs=0.03)
        sure = probabilities > 0.9
        assert (trial.labels == RELEVANT)[sure].mean() > 0.85


def test_features_that_say_no_more_are_left_out() -> None:
    assert set(fit_relevance_map(libraries(world(), SIZES)).hit.weights) == {"score"}


def test_a_model_may_be_fitted_by_the_score_alone() -> None:
    queries = world()
    scale = queries.scale._replace(mean=np.random.default_rng(0).normal(0, 0.3, len(queries.line)))
    moved = type(queries)(queries.line, queries.labels, queries.scores + scale.mean[:, None], scale)
    trials = libraries(moved, SIZES)
    assert set(fit_relevance_map(trials).hit.weights) > {"score"} or "z" in fit_relevance_map(trials).hit.weights
    assert set(fit_relevance_map(trials, SCORE_ALONE).hit.weights) == {"score"}


def test_a_model_by_which_right_photos_score_lower_is_refused() -> None:
    with pytest.raises(DataError, match="better scores are no better"):
        fit_relevance_map(libraries(world(gap=-0.4, photos=12), {12: 4}))
