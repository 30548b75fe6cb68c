import json

import numpy as np
import pytest

from twinlens.evaluation.relevance.measuring import calibration_error, measure
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, Trial
from twinlens.relevance.judge import Scale
from twinlens.relevance.maps import LogisticMap, RelevanceMap

# the probability of a score is sigmoid(10 · score): one half at 0
BY_SCORE = LogisticMap(intercept=0.0, weights={"score": 10.0})
MAP = RelevanceMap(hit=BY_SCORE, query=BY_SCORE, least_query=0.5, least_hit=0.3, largest=1000)


def sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def trial() -> Trial:
    scores = [[0.3, 0.1], [0.2, -0.5], [-0.1, -0.2], [0.1, 0.0], [-0.1, -0.3], [-0.2, -0.2], [0.4, 0.3]]
    labels = [[1, 0], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0], [1, 1]]
    group = ["caption", "caption", "caption", "caption", "absent", "absent", "concept"]
    found = np.array(labels, dtype=np.int8)
    own = (found == RELEVANT) & (np.array(group) == "caption")[:, None]
    same = np.ones(len(group))
    return Trial(np.array(group), np.array(scores), found, own, Scale(0 * same, same, 3 * same), 50)


def _one(scores: list[float], labels: list[int]) -> tuple:
    row = np.ones(1)
    own = np.array([labels]) == RELEVANT
    scale = Scale(0 * row, row, 3 * row)
    return np.array(["caption"]), np.array([scores]), np.array([labels], dtype=np.int8), own, scale, 50


def test_shares_are_those_counted_by_hand():
    (report,) = measure(MAP, [trial()])
    assert report.photos == 50
    assert report.refused == 1.0  # both absent things have their best hit below 0
    # of three captions with a right hit: one is shown, one has it below the hits' line, one is refused whole
    assert report.lost_by == {"caption": pytest.approx(2 / 3), "concept": 0.0}
    assert report.lost == pytest.approx(1 / 3)
    assert report.silent == {"caption": 0.25, "concept": 0.0}


def test_precision_counts_what_is_shown_where_something_is_right():
    (report,) = measure(MAP, [trial()])
    # captions: 0.3 right and 0.1 wrong; 0.2 wrong, beside a right one that is not shown; the third is refused whole
    assert report.precision == {"caption": pytest.approx(1 / 3), "concept": 1.0}


def test_a_line_beside_the_best_hit_loses_what_lies_far_below_it():
    beside = MAP.model_copy(update={"least_hit": 0.0, "least_share": 0.5})
    below, at = Trial(*_one([0.9, -0.1], [0, 1])), Trial(*_one([0.9, 0.5], [0, 1]))
    assert [measure(beside, [one])[0].lost_by["caption"] for one in (below, at)] == [1.0, 0.0]


def test_errors_are_those_counted_bin_by_bin():
    (report,) = measure(MAP, [trial()])
    chances = [sigmoid(10 * score) for score in (0.3, 0.2, -0.1, 0.1)]
    right = [1, 0, 1, 0]
    bins: dict[int, list[int]] = {}
    for row, chance in enumerate(chances):
        bins.setdefault(int(chance * 15), []).append(row)
    wanted = sum(abs(sum(chances[row] - right[row] for row in rows)) for rows in bins.values()) / 4
    assert report.error_first == pytest.approx(wanted)
    assert report.error_own_first == pytest.approx(wanted)


def test_the_curve_goes_from_nothing_lost_upwards():
    (report,) = measure(MAP, [trial()])
    for curve in report.curves.values():
        assert [lost for lost, _ in curve] == sorted(lost for lost, _ in curve)
        assert [refused for _, refused in curve] == sorted(refused for _, refused in curve)
    assert report.curves["concept"][-1] == (0.0, 1.0)  # a line just below 0.4 refuses all absent things


def test_probabilities_that_come_true_have_no_error():
    random = np.random.default_rng(0)
    chances = random.random(200_000)
    assert calibration_error(chances, random.random(200_000) < chances) < 0.01
    assert calibration_error(np.array([1.0, 0.0]), np.array([False, True])) == 1.0


def test_an_error_with_weights_is_that_of_repeated_rows():
    chances, found = np.array([0.1, 0.12, 0.8]), np.array([True, False, True])
    repeated = calibration_error(np.repeat(chances, [1, 3, 2]), np.repeat(found, [1, 3, 2]))
    assert calibration_error(chances, found, weights=np.array([1.0, 3.0, 2.0])) == pytest.approx(repeated)


def test_a_report_is_json(tmp_path):
    (report,) = measure(MAP, [trial()])
    fields = json.loads(json.dumps(report.to_json()))
    assert fields["lost"] == 0.3333
    assert fields["curves"]["concept"][-1] == [0.0, 1.0]


def test_sizes_are_reported_apart():
    smaller = trial()
    smaller = Trial(smaller.group, smaller.scores, smaller.labels, smaller.own, smaller.scale, 5)
    assert [report.photos for report in measure(MAP, [trial(), smaller, trial()])] == [5, 50]
    assert NOT_RELEVANT in trial().labels
