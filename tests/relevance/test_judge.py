import numpy as np
import pytest

from twinlens.relevance.evidence import score_features, score_scale
from twinlens.relevance.judge import COPY, RelevanceJudge
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap

THRESHOLDS = GradeThresholds(strong=0.9, likely=0.5, possible=0.1)
BY_Z = RelevanceMap(hit=LogisticMap(intercept=-3.0, weights={"z": 1.5, "log_std": 0.2}), grades=THRESHOLDS)
BY_SCORE = RelevanceMap(hit=LogisticMap(intercept=-3.0, weights={"score": 6.0}), grades=THRESHOLDS)
SCORES = np.linspace(-1, 1, 101).tolist()


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def judge_of(text: RelevanceMap, photo: RelevanceMap | None = None) -> RelevanceJudge:
    return RelevanceJudge(Calibration(model="m", text=text, photo=photo), unit_rows(50))


def test_a_hit_is_judged_by_its_score_against_the_query_on_reference_photos() -> None:
    query = unit_rows(1, seed=3)
    found = judge_of(BY_Z).judge(query[0], "text")
    features = score_features(np.array([SCORES]), score_scale(query, unit_rows(50)))
    np.testing.assert_allclose(found.probability(SCORES), BY_Z.hit.probabilities(features)[0])
    assert found.grades(SCORES) == THRESHOLDS.grades(found.probability(SCORES))


def test_a_hit_has_the_same_grade_whatever_stands_beside_it() -> None:
    judgement = judge_of(BY_Z).judge(unit_rows(1, seed=3)[0], "text")
    together = judgement.grades(SCORES)
    assert together == [judgement.grades([score])[0] for score in SCORES]
    assert together == judgement.grades(SCORES[::-1])[::-1]
    assert len(set(together)) > 2


def test_a_better_score_is_never_less_sure() -> None:
    judgement = judge_of(BY_Z, BY_SCORE)
    for kind in ("text", "photo"):
        said = judgement.judge(unit_rows(1)[0], kind)
        assert (np.diff(said.probability(SCORES)) >= 0).all()
        assert (np.diff(THRESHOLDS.levels(said.probability(SCORES))) >= 0).all()


def test_text_and_photo_queries_have_maps_of_their_own() -> None:
    judge, query = judge_of(BY_Z, BY_SCORE), unit_rows(1)[0]
    assert judge.judge(query, "text").relevance_map == BY_Z
    assert judge.judge(query, "photo").relevance_map == BY_SCORE


def test_photo_queries_without_a_map_are_not_judged() -> None:
    assert judge_of(BY_Z).judge(unit_rows(1)[0], "photo") is None


def test_a_copy_of_a_query_photo_is_certain_and_words_are_never() -> None:
    unsure = RelevanceMap(hit=LogisticMap(intercept=-9.0, weights={"score": 1.0}), grades=THRESHOLDS)
    judge, query = judge_of(unsure, unsure), unit_rows(1)[0]
    photo, text = judge.judge(query, "photo"), judge.judge(query, "text")
    assert photo.probability([1.0, COPY, COPY - 1e-4])[:2].tolist() == [1.0, 1.0]
    assert photo.grades([1.0, COPY, COPY - 1e-4]) == ["strong", "strong", None]
    assert text.grades([1.0]) == [None]


def test_photos_may_be_compared_by_vectors_of_another_length_than_the_reference_photos() -> None:
    longer = unit_rows(1, dim=9)[0]
    assert judge_of(BY_Z, BY_SCORE).judge(longer, "photo").probability([0.5]).item() == pytest.approx(0.5)
