import json
from dataclasses import replace

import numpy as np
import pytest

from twinlens.evaluation.relevance.measuring import calibration_error, measure
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, Trial
from twinlens.relevance.judge import ScoreScale
from twinlens.relevance.maps import LogisticMap, RelevanceMap

# the probability of a score is sigmoid(10 · score): one half at 0
BY_SCORE = LogisticMap(intercept=0.0, weights={"score": 10.0})
MAP = RelevanceMap(hit=BY_SCORE, query=BY_SCORE, query_threshold=0.5, hit_threshold=0.3, max_fitted_photos=1000)


def sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def trial() -> Trial:
    scores = [[0.3, 0.1], [0.2, -0.5], [-0.1, -0.2], [0.1, 0.0], [-0.1, -0.3], [-0.2, -0.2], [0.4, 0.3]]
    labels = [[1, 0], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0], [1, 1]]
    group = ["caption", "caption", "caption", "caption", "absent", "absent", "concept"]
    found = np.array(labels, dtype=np.int8)
    own = (found == RELEVANT) & (np.array(group) == "caption")[:, None]
    same = np.ones(len(group))
    return Trial(np.array(group), np.array(scores), found, own, ScoreScale(0 * same, same, 3 * same), 50)


def _one(scores: list[float], labels: list[int]) -> tuple:
    row = np.ones(1)
    own = np.array([labels]) == RELEVANT
    scale = ScoreScale(0 * row, row, 3 * row)
    return np.array(["caption"]), np.array([scores]), np.array([labels], dtype=np.int8), own, scale, 50


def test_shares_are_those_counted_by_hand():
    (report,) = measure(MAP, [trial()])
    assert report.photos == 50
    assert report.refused == 1.0  # both absent things have their best hit below 0
    # of three captions with a relevant hit: one is shown, one is below the hit threshold, one is refused
    assert report.missed_by == {"caption": pytest.approx(2 / 3), "concept": 0.0}
    assert report.missed == pytest.approx(1 / 3)
    assert report.wrongly_refused == {"caption": 0.25, "concept": 0.0}


def test_precision_is_of_hits_shown_where_something_is_relevant():
    (report,) = measure(MAP, [trial()])
    # captions: 0.3 relevant and 0.1 not; 0.2 not, beside a relevant one that is not shown; the third is refused
    assert report.precision == {"caption": pytest.approx(1 / 3), "concept": 1.0}


def test_a_relative_threshold_misses_what_is_far_below_the_best_hit():
    beside = MAP.model_copy(update={"hit_threshold": 0.0, "relative_threshold": 0.5})
    below, at = Trial(*_one([0.9, -0.1], [0, 1])), Trial(*_one([0.9, 0.5], [0, 1]))
    assert [measure(beside, [one])[0].missed_by["caption"] for one in (below, at)] == [1.0, 0.0]


def test_a_relevant_hit_of_a_refused_query_is_missed():
    by = MAP.model_copy(update={"hit_threshold": 0.1})
    (report,) = measure(by, [Trial(*_one([-0.1, -0.2], [1, 0]))])
    assert report.missed_by == report.wrongly_refused == {"caption": 1.0}


def test_a_query_is_answered_from_its_threshold_on():
    at, below = Trial(*_one([0.0, -0.5], [1, 0])), Trial(*_one([-1e-9, -0.5], [1, 0]))
    assert [measure(MAP, [one])[0].wrongly_refused["caption"] for one in (at, below)] == [0.0, 1.0]
    assert [measure(MAP, [one])[0].precision["caption"] for one in (at, below)] == [1.0, None]


def test_a_collection_larger_than_those_fitted_on_is_measured_with_the_thresholds_of_the_largest():
    falling = LogisticMap(intercept=float(np.log(50)), weights={"score": 10.0, "log_n": -1.0})  # BY_SCORE for 50 photos
    at_fifty = RelevanceMap(hit=falling, query=falling, query_threshold=0.5, hit_threshold=0.3, max_fitted_photos=50)
    here, larger = trial(), replace(trial(), num_candidates=50_000)
    fitted, beyond = measure(at_fifty, [here, larger])
    for name in ("refused", "missed_by", "wrongly_refused", "precision"):
        assert getattr(beyond, name) == getattr(fitted, name) == getattr(measure(MAP, [here])[0], name)
    assert beyond.ece != fitted.ece  # probabilities do fall with the size


def test_ece_is_that_counted_bin_by_bin():
    (report,) = measure(MAP, [trial()])
    probabilities = [sigmoid(10 * score) for score in (0.3, 0.2, -0.1, 0.1)]
    right = [1, 0, 1, 0]
    bins: dict[int, list[int]] = {}
    for row, probability in enumerate(probabilities):
        bins.setdefault(int(probability * 15), []).append(row)
    wanted = sum(abs(sum(probabilities[row] - right[row] for row in rows)) for rows in bins.values()) / 4
    assert report.ece_first == pytest.approx(wanted)
    assert report.ece_own_first == pytest.approx(wanted)


def test_along_a_curve_more_is_missed_and_more_refused():
    (report,) = measure(MAP, [trial()])
    for curve in report.curves.values():
        assert [missed for missed, _ in curve] == sorted(missed for missed, _ in curve)
        assert [refused for _, refused in curve] == sorted(refused for _, refused in curve)
    assert report.curves["concept"][-1] == (0.0, 1.0)  # a threshold just below 0.4 refuses all absent things


def test_probabilities_that_come_true_have_no_error():
    random = np.random.default_rng(0)
    probabilities = random.random(200_000)
    assert calibration_error(probabilities, random.random(200_000) < probabilities) < 0.01
    assert calibration_error(np.array([1.0, 0.0]), np.array([False, True])) == 1.0


def test_an_error_with_weights_is_that_of_repeated_rows():
    probabilities, found = np.array([0.1, 0.12, 0.8]), np.array([True, False, True])
    repeated = calibration_error(np.repeat(probabilities, [1, 3, 2]), np.repeat(found, [1, 3, 2]))
    assert calibration_error(probabilities, found, weights=np.array([1.0, 3.0, 2.0])) == pytest.approx(repeated)


def test_a_report_is_json(tmp_path):
    (report,) = measure(MAP, [trial()])
    fields = json.loads(json.dumps(report.to_json()))
    assert fields["missed"] == 0.3333
    assert fields["curves"]["concept"][-1] == [0.0, 1.0]


def test_sizes_are_reported_apart():
    smaller = trial()
    smaller = Trial(smaller.group, smaller.scores, smaller.labels, smaller.own, smaller.scale, 5)
    assert [report.photos for report in measure(MAP, [trial(), smaller, trial()])] == [5, 50]
    assert NOT_RELEVANT in trial().labels
