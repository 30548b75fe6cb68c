import numpy as np
import pytest

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.trials import (
    NOT_RELEVANT,
    RELEVANT,
    UNSURE,
    draw_trials,
    photo_queries,
    short_queries,
    text_queries,
)

CAPTIONS = ("a dog runs", "a brown dog", "a dog on grass", "a man", "a red kite", "a kite flies")
OF = (0, 0, 1, 1, 2, 2)


@pytest.fixture
def pool() -> EmbeddedPairs:
    random = np.random.default_rng(0)
    unit = lambda rows: (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)  # noqa: E731
    return EmbeddedPairs(
        unit(random.normal(size=(3, 4))), unit(random.normal(size=(6, 4))), np.array(OF), captions=CAPTIONS
    )


@pytest.fixture
def queries(pool):
    short = {"concept": (("a dog", "a kite"), pool.texts[:2]), "absent": (("a zebra", "grass"), pool.texts[2:4])}
    return text_queries(pool, np.array([0, 2]), short, pool.images)


def test_labels_are_what_the_captions_say(queries):
    assert queries.group.tolist() == ["caption"] * 4 + ["concept"] * 2 + ["absent"] * 2
    assert queries.photo.tolist() == [0, 0, 2, 2, -1, -1, -1, -1]
    assert queries.labels.tolist() == [
        [RELEVANT, NOT_RELEVANT, NOT_RELEVANT],  # a dog runs
        [RELEVANT, NOT_RELEVANT, NOT_RELEVANT],
        [NOT_RELEVANT, NOT_RELEVANT, RELEVANT],
        [NOT_RELEVANT, NOT_RELEVANT, RELEVANT],
        [RELEVANT, UNSURE, NOT_RELEVANT],  # two captions of photo 0 mention a dog, one of photo 1
        [NOT_RELEVANT, NOT_RELEVANT, RELEVANT],
        [NOT_RELEVANT, NOT_RELEVANT, NOT_RELEVANT],
        [NOT_RELEVANT, RELEVANT, NOT_RELEVANT],  # what one caption mentions is not absent
    ]


def test_hits_are_the_best_of_the_collection_with_their_labels(queries, pool):
    trial = queries.search(np.array([0, 1, 2]))
    assert trial.group.tolist() == ["caption"] * 4 + ["concept"] * 2 + ["absent"]
    for row, (query, scores, labels) in enumerate(zip(queries.vectors, trial.scores, trial.labels, strict=False)):
        order = sorted(range(3), key=lambda photo: -float(pool.images[photo] @ query))
        assert scores == pytest.approx([float(pool.images[photo] @ query) for photo in order], abs=1e-6)
        assert labels.tolist() == queries.labels[row, order].tolist()


def test_what_is_left_out_of_a_collection_has_no_answer_there(queries):
    trial = queries.search(np.array([2]))
    assert trial.group.tolist() == [
        "left out",
        "left out",
        "caption",
        "caption",
        "left out",
        "concept",
        "absent",
        "absent",
    ]
    assert queries.search(np.array([1])).group.tolist().count("concept") == 0  # one caption mentions the dog: unsure


def test_a_photo_does_not_find_itself(pool):
    trial = photo_queries(pool, np.array([0, 1, 2]), pool.images).search(np.array([0, 1, 2]))
    assert not trial.own.any() or (trial.labels[trial.own] == UNSURE).all()
    assert (trial.labels[:, -1] == UNSURE).all()


def test_collections_have_the_sizes_asked_for_and_the_same_draw_comes_again(queries):
    drawn = lambda: list(draw_trials(queries, {1: 2, 3: 1}, core=np.array([0, 1]), filling=np.array([2]), seed=4))  # noqa: E731
    assert [trial.num_candidates for trial in drawn()] == [1, 1, 3]
    for one, again in zip(drawn(), drawn(), strict=True):
        np.testing.assert_array_equal(one.scores, again.scores)


def test_things_to_fit_and_to_measure_with_are_not_the_same():
    fitting, measuring, concepts = (short_queries(name) for name in ("absent_fitting", "absent_measuring", "concepts"))
    assert min(len(fitting), len(measuring), len(concepts)) > 100
    assert len(set(fitting) | set(measuring) | set(concepts)) == len(fitting) + len(measuring) + len(concepts)
