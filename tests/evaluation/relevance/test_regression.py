import numpy as np
import pytest

from twinlens.evaluation.relevance.regression import logistic_regression


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
