import numpy as np
import pytest

from twinlens.collection.describing.labels import Label
from twinlens.collection.describing.suggesting import LabelSuggester, least_scores
from twinlens.relevance.evidence import UNKNOWN_SCALE
from twinlens.relevance.judge import Judgement
from twinlens.relevance.maps import GradeThresholds, LogisticMap, RelevanceMap
from twinlens.types import Embeddings

GRADED = RelevanceMap(
    hit=LogisticMap(intercept=-5.0, weights={"score": 10.0}),
    grades=GradeThresholds(strong=0.9, likely=0.6, possible=0.2),
)
JUDGEMENT = Judgement(GRADED, UNKNOWN_SCALE)


def unit(seed: int, rows: int) -> Embeddings:
    made = np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_least_scores_are_where_the_grades_begin() -> None:
    for level, least in zip(("possible", "likely", "strong"), least_scores(JUDGEMENT), strict=True):
        above, below = JUDGEMENT.grades([least + 1e-4, least - 1e-4])
        assert above == level != below
    assert np.isinf(least_scores(None)).all()


def suggester(labels: list[Label], phrases: Embeddings, judgements: list[Judgement | None]) -> LabelSuggester:
    return LabelSuggester(labels, phrases, judgements, everyday=np.eye(6, dtype=np.float32))


def test_a_label_alone_has_the_grade_of_a_search_for_it() -> None:
    phrase, photos = unit(3, 1), unit(4, 200)
    found = suggester([Label("one", ("one",))], phrase, [JUDGEMENT]).suggest(photos)
    grades = JUDGEMENT.grades((photos @ phrase[0]).tolist())
    assert [tags[0].grade if tags else None for tags in found] == grades
    assert len(set(grades)) == 4


def test_a_label_has_the_grade_of_its_best_phrase_and_one_that_says_nothing_has_none() -> None:
    phrases = np.eye(3, 6, dtype=np.float32)
    photo = np.array([[0.1, 0.9, 0.3, 0, 0, 0.3]], dtype=np.float32)
    labels = [Label("dog", ("dog", "Hund")), Label("???", ("???",))]
    ((only,),) = suggester(labels, phrases, [JUDGEMENT, JUDGEMENT, None]).suggest(photo)
    assert (only.tag, only.grade) == ("dog", "strong")
    assert only.probability == pytest.approx(JUDGEMENT.probability([0.9])[0])


def test_of_labels_that_fit_as_well_none_is_sure() -> None:
    phrases = np.eye(6, dtype=np.float32)
    labels = [Label(name, (name,)) for name in "abcdef"]
    photo = np.array([[0.80, 0.78, 0.0, 0.0, 0, 0]], dtype=np.float32)
    (two,) = suggester(labels, phrases, [JUDGEMENT] * 6).suggest(photo)
    assert [(one.tag, one.grade) for one in two] == [("a", "strong"), ("b", "likely")]
    photo = np.array([[0.80, 0.80, 0.80, 0.80, 0.80, 0.80]], dtype=np.float32)
    (six,) = suggester(labels, phrases, [JUDGEMENT] * 6).suggest(photo)
    assert {one.grade for one in six} == {"possible"}
