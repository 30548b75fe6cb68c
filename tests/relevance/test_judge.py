import math

import numpy as np
import pytest

from twinlens.relevance.judge import (
    RelevanceJudge,
    ScoreScale,
    hit_probabilities,
    hits_match,
    query_matches,
    score_features,
    score_scale,
)
from twinlens.relevance.maps import Calibration, LogisticMap, RelevanceMap

RISING = LogisticMap(intercept=-3.0, weights={"z": 1.0, "log_n": -0.5})
BY_SCORE = LogisticMap(intercept=0.0, weights={"score": 10.0})  # a score of 0 has a probability of exactly one half
HIGHER = LogisticMap(intercept=2.0, weights={"score": 10.0})
ONE = ScoreScale(np.zeros(1), np.ones(1), np.full(1, 3.0))


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def relevance_map(hit: LogisticMap = RISING, query: LogisticMap = RISING, **thresholds: float) -> RelevanceMap:
    """By default every query matches, and hits do from a probability of 0.2."""
    options = {"query_threshold": 0.0, "hit_threshold": 0.2, "max_fitted_photos": 1000} | thresholds
    return RelevanceMap.model_validate({"hit": hit, "query": query, **options})


def judge_of(text: RelevanceMap, photo: RelevanceMap | None = None) -> RelevanceJudge:
    return RelevanceJudge(Calibration(model="m", text=text, photo=photo), unit_rows(50))


# --- the formulas, as plain loops -------------------------------------------------------------


def plain_probability(by: LogisticMap, score: float, reference_scores: list[float], num_candidates: int) -> float:
    count = len(reference_scores)
    mean = sum(reference_scores) / count
    variance = sum((one - mean) ** 2 for one in reference_scores) / count
    kurtosis = sum((one - mean) ** 4 for one in reference_scores) / count / variance**2
    features = {
        "score": score,
        "z": (score - mean) / math.sqrt(variance),
        "log_n": math.log(num_candidates),
        "mean": mean,
        "log_std": math.log(math.sqrt(variance)),
        "log_kurtosis": math.log(kurtosis),
    }
    logit = by.intercept
    for name, weight in by.weights.items():
        logit += weight * features[name]
    return 1 / (1 + math.exp(-logit))


def test_judgements_are_those_of_plain_loops():
    random = np.random.default_rng(7)
    names = ("score", "z", "log_n", "mean", "log_std", "log_kurtosis")
    verdicts: list[tuple[bool, bool]] = []
    for _ in range(300):
        maps = [
            LogisticMap(
                intercept=random.normal(),
                weights={name: abs(random.normal()) if name in ("score", "z") else random.normal() for name in names},
            )
            for _ in range(2)
        ]
        largest = int(random.integers(1, 1000))
        by = RelevanceMap(
            hit=maps[0],
            query=maps[1],
            query_threshold=random.random() / 2,
            hit_threshold=random.random() / 4,
            relative_threshold=random.random(),
            max_fitted_photos=largest,
        )
        # sixteenths: their products and sums are exact in float32, in any order
        reference = (random.integers(-8, 9, size=(30, 6)) / 16).astype(np.float32)
        query = (random.integers(-8, 9, size=6) / 16).astype(np.float32)
        best, scores = random.uniform(0.2, 0.6), random.uniform(-0.4, 0.6, size=5)
        num_candidates = int(random.integers(1, 2000))

        against = [sum(float(a) * float(b) for a, b in zip(query, photo, strict=True)) for photo in reference]
        fitted = min(num_candidates, largest)
        matched = plain_probability(by.query, best, against, fitted) >= by.query_threshold
        threshold = max(by.hit_threshold, by.relative_threshold * plain_probability(by.hit, best, against, fitted))
        relevant = [matched and plain_probability(by.hit, score, against, fitted) >= threshold for score in scores]
        probabilities = [plain_probability(by.hit, score, against, num_candidates) for score in scores]

        judge = RelevanceJudge(Calibration(model="m", text=by), reference)
        judgement = judge.judge(query, "text", best=best, num_candidates=num_candidates)
        assert judgement.has_match == matched
        assert judgement.relevant(scores).tolist() == relevant
        np.testing.assert_allclose(judgement.probability(scores), probabilities, rtol=1e-9)
        verdicts += [(matched, one) for one in relevant]
    assert {(True, True), (True, False), (False, False)} == set(verdicts)


def test_the_scale_of_queries_is_that_of_each():
    queries, reference = unit_rows(3), unit_rows(40, seed=1)
    found = score_scale(queries, reference)
    for row in range(3):
        alone = score_scale(queries[row : row + 1], reference)
        assert [column[row] for column in found] == pytest.approx([column[0] for column in alone], rel=1e-5)


def test_a_query_to_which_all_photos_are_alike_gives_finite_features():
    same = np.repeat(unit_rows(1), 9, axis=0)
    table = score_features(np.array([[0.5, 0.1]]), score_scale(unit_rows(1, seed=2), same), 1)
    assert all(np.isfinite(column).all() for column in table.values())


@pytest.mark.parametrize("num_candidates", [0, 1, 1_000_000])
def test_a_better_score_never_has_a_lower_probability(num_candidates):
    judgement = judge_of(relevance_map()).judge(unit_rows(1)[0], "text", best=0.9, num_candidates=num_candidates)
    probabilities = judgement.probability(np.linspace(-1, 1, 101))
    assert (np.diff(probabilities) >= 0).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


# --- does the query have a match? -------------------------------------------------------------


def test_a_query_matches_from_its_threshold_on():
    by = relevance_map(query=BY_SCORE, query_threshold=0.5)
    assert [query_matches(by, np.array([best]), ONE, 9).item() for best in (-1e-9, 0.0)] == [False, True]


def test_a_query_is_judged_by_the_query_map_and_a_hit_by_the_hit_map():
    for hit, query in ((HIGHER, BY_SCORE), (BY_SCORE, HIGHER)):
        by = relevance_map(hit, query, query_threshold=0.5, hit_threshold=0.5)
        assert query_matches(by, np.array([-0.1]), ONE, 9).item() == (query is HIGHER)
        assert hits_match(by, np.array([[-0.1]]), np.array([-0.1]), ONE, 9).item() == (hit is HIGHER)
        assert (hit_probabilities(by, np.array([[-0.1]]), ONE, 9).item() > 0.5) == (hit is HIGHER)


def test_where_nothing_matches_no_hit_is_relevant():
    judge = judge_of(relevance_map(query_threshold=0.3))
    weak, strong = (judge.judge(unit_rows(1, seed=3)[0], "text", best=best, num_candidates=1) for best in (0.1, 1.0))
    assert (weak.has_match, strong.has_match) == (False, True)
    scores = np.linspace(-1, 1, 101)
    assert not weak.relevant(scores).any()
    assert strong.relevant(scores).tolist() == (strong.probability(scores) >= 0.2).tolist()
    assert 0 < strong.relevant(scores).sum() < 101


# --- which hits are relevant? -----------------------------------------------------------------


def test_a_hit_is_relevant_from_its_threshold_on():
    by = relevance_map(hit=BY_SCORE, hit_threshold=0.5)
    assert hits_match(by, np.array([[-1e-9, 0.0]]), np.array([0.9]), ONE, 9).tolist() == [[False, True]]


def test_the_best_hit_is_never_below_the_relative_threshold():
    by = relevance_map(hit=BY_SCORE, hit_threshold=0.0, relative_threshold=1.0)
    assert hits_match(by, np.array([[0.3, 0.3 - 1e-9]]), np.array([0.3]), ONE, 9).tolist() == [[True, False]]


def test_beside_a_sure_hit_a_weak_one_is_not_relevant():
    judge = judge_of(relevance_map(hit_threshold=0.01, relative_threshold=0.5))
    query, scores = unit_rows(1, seed=3)[0], np.linspace(-1, 1, 101)
    for best in (0.3, 0.9):
        judgement = judge.judge(query, "text", best=best, num_candidates=1)
        (of_best,) = judgement.probability([best])
        threshold = max(0.01, 0.5 * of_best)
        assert judgement.relevant(scores).tolist() == (judgement.probability(scores) >= threshold).tolist()
        assert judgement.relevant([best]).all()


def test_hits_of_a_later_page_are_held_against_the_best_of_all():
    judge = judge_of(relevance_map(hit_threshold=0.0, relative_threshold=0.5))
    judgement = judge.judge(unit_rows(1, seed=3)[0], "text", best=0.9, num_candidates=1)
    first, later = judgement.relevant([0.9, 0.8, 0.0, -0.4]), judgement.relevant([0.0, -0.4])
    assert first.tolist() == [True, True, False, False]
    assert later.tolist() == [False, False]


# --- collections larger than those fitted on --------------------------------------------------

FALLING_WITH_SIZE = LogisticMap(intercept=0.0, weights={"score": 10.0, "log_n": -1.0})


@pytest.mark.parametrize("num_candidates", [1, 10, 11, 1_000_000])
def test_a_query_matches_in_a_larger_collection_as_in_the_largest_fitted_on(num_candidates):
    by = relevance_map(query=FALLING_WITH_SIZE, query_threshold=0.5, max_fitted_photos=10)
    best = np.array([0.2303])  # a probability of one half among 10.004 photos
    assert query_matches(by, best, ONE, num_candidates).item()
    larger = by.model_copy(update={"max_fitted_photos": 11})
    assert query_matches(larger, best, ONE, num_candidates).item() == (num_candidates <= 10)


@pytest.mark.parametrize("num_candidates", [1, 10, 11, 1_000_000])
def test_a_hit_is_relevant_in_a_larger_collection_as_in_the_largest_fitted_on(num_candidates):
    by = relevance_map(hit=FALLING_WITH_SIZE, hit_threshold=0.5, max_fitted_photos=10)
    scores, best = np.array([[0.2303]]), np.array([0.9])
    assert hits_match(by, scores, best, ONE, num_candidates).item()
    larger = by.model_copy(update={"max_fitted_photos": 11})
    assert hits_match(larger, scores, best, ONE, num_candidates).item() == (num_candidates <= 10)


def test_thresholds_stay_in_larger_collections_while_probabilities_fall():
    judge = judge_of(relevance_map(query_threshold=0.01, hit_threshold=0.01))
    query, scores = unit_rows(1, seed=3)[0], np.linspace(-1, 1, 101)
    fitted, larger = (judge.judge(query, "text", best=1.0, num_candidates=n) for n in (1000, 10_000_000))
    assert larger.has_match
    assert larger.relevant(scores).tolist() == fitted.relevant(scores).tolist()
    assert 0 < fitted.relevant(scores).sum() < 101
    assert (larger.probability(scores) < fitted.probability(scores)).all()


# --- kinds of query ---------------------------------------------------------------------------


def test_text_and_photo_queries_have_maps_of_their_own():
    text, photo = relevance_map(hit=BY_SCORE), relevance_map(hit=HIGHER)
    judge, query = judge_of(text, photo), unit_rows(1)[0]
    assert judge.judge(query, "text", best=0.5, num_candidates=5).relevance_map == text
    assert judge.judge(query, "photo", best=0.5, num_candidates=5).relevance_map == photo


def test_photo_queries_without_a_map_are_not_judged():
    assert judge_of(relevance_map()).judge(unit_rows(1)[0], "photo", best=0.5, num_candidates=5) is None
