import json

import numpy as np
import pytest

from twinlens.evaluation.relevance.measuring import graded, measure, report
from twinlens.evaluation.relevance.trials import Trial
from twinlens.relevance.evidence import ScoreScale
from twinlens.relevance.maps import GradeThresholds, LogisticMap, RelevanceMap

# the probability of a score is sigmoid(10 · score): one half at 0
MAP = RelevanceMap(
    hit=LogisticMap(intercept=0.0, weights={"score": 10.0}),
    grades=GradeThresholds(strong=0.9, likely=0.5, possible=0.2),  # at 0.22, 0 and -0.14
)


def trial(line: str = "words", library: str = "30") -> Trial:
    scores = [[0.4, 0.3], [0.3, 0.1], [0.1, -0.1], [-0.2, -0.3], [0.1, 0.0]]
    labels = [[1, 0], [1, 1], [0, 1], [1, 0], [0, 0]]
    same = np.ones(5)
    return Trial(
        np.array([line] * 5),
        np.array([True, True, True, True, False]),
        np.array(scores),
        np.array(labels, dtype=np.int8),
        ScoreScale(0 * same, same, 3 * same),
        library,
    )


def test_shares_are_those_counted_by_hand() -> None:
    (found,) = measure(graded(MAP, [trial()]), {"all": ["words"]})
    assert (found.queries, found.present, found.absent) == (5, 4, 1)
    assert (found.strong, found.strong_right) == (3, pytest.approx(2 / 3))
    assert (found.likely, found.likely_right) == (4, 0.25)
    assert found.possible_right == 1.0
    assert (found.found, found.shown, found.ranked) == (0.75, 0.75, 1.0)
    assert (found.absent_strong, found.absent_likely) == (0.0, 1.0)


def test_hits_that_nobody_judged_do_not_count() -> None:
    unknown = trial()
    unknown.labels[0, 1] = -1
    (found,) = measure(graded(MAP, [unknown]), {"all": ["words"]})
    assert (found.strong, found.strong_right) == (2, 1.0)


def test_each_library_and_group_of_lines_has_its_row_and_all_libraries_together() -> None:
    said = graded(MAP, [trial(), trial("sentences"), trial(library="300")])
    rows = measure(said, {"words": ["words"], "both": ["words", "sentences"]})
    assert [(one.library, one.line, one.queries) for one in rows] == [
        ("30", "words", 5),
        ("30", "both", 10),
        ("300", "words", 5),
        ("300", "both", 5),
    ]
    assert report("words", "all", said, ["words"]).queries == 10


def test_what_there_is_nothing_of_has_no_share() -> None:
    (found,) = measure(graded(MAP, [trial()]), {"none": ["another"]})
    assert (found.queries, found.strong_right, found.found, found.absent_strong) == (0, None, None, None)
    assert json.loads(json.dumps(found.to_json()))["likely_right"] is None
