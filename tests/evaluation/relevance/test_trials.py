import numpy as np

from evaluation.relevance.worlds import libraries, world
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, UNSURE, LabelledQueries, joined
from twinlens.relevance.evidence import ScoreScale


def queries(labels: list[list[int]], scores: list[list[float]]) -> LabelledQueries:
    same = np.ones(len(labels))
    lines = np.array([f"line {row}" for row in range(len(labels))])
    return LabelledQueries(
        lines, np.array(labels, dtype=np.int8), np.array(scores), ScoreScale(0 * same, same, 3 * same)
    )


def test_hits_are_the_best_of_the_library_with_their_labels() -> None:
    asked = queries([[RELEVANT, NOT_RELEVANT, UNSURE, RELEVANT]], [[0.1, 0.4, 0.3, 0.2]])
    trial = asked.search(np.array([0, 1, 2]))
    assert trial.scores.tolist() == [[0.4, 0.3, 0.1]]
    assert trial.labels.tolist() == [[NOT_RELEVANT, UNSURE, RELEVANT]]
    assert (trial.present.tolist(), trial.library) == ([True], "3")


def test_a_query_is_absent_where_no_photo_is_right_and_not_asked_where_nobody_knows() -> None:
    asked = queries([[RELEVANT, NOT_RELEVANT], [NOT_RELEVANT, NOT_RELEVANT], [NOT_RELEVANT, UNSURE]], [[0.2, 0.1]] * 3)
    trial = asked.search(np.array([0, 1]))
    assert trial.line.tolist() == ["line 0", "line 1"]
    assert trial.present.tolist() == [True, False]


def test_a_photo_that_may_not_find_itself_is_no_hit_that_counts() -> None:
    trial = queries([[NOT_RELEVANT, RELEVANT]], [[-np.inf, 0.1]]).search(np.array([0, 1]))
    assert trial.scores.tolist() == [[0.1, -1.0]]
    assert trial.labels.tolist() == [[RELEVANT, UNSURE]]


def test_libraries_have_the_sizes_and_numbers_asked_for_and_are_the_same_again() -> None:
    asked = world(queries=10, photos=50)
    trials = libraries(asked, {5: 3, 80: 1})
    assert [(trial.library, trial.scores.shape[1]) for trial in trials] == [("5", 5)] * 3 + [("50", 10)]
    again = libraries(asked, {5: 3, 80: 1})
    np.testing.assert_array_equal(trials[1].scores, again[1].scores)


def test_lists_of_queries_are_joined_in_order() -> None:
    first, second = world(queries=3, seed=1), world(queries=2, seed=2)
    both = joined([first, second])
    np.testing.assert_array_equal(both.scores, np.concatenate([first.scores, second.scores]))
    assert len(both.line) == len(both.scale.mean) == 5
