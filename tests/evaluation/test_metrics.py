import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinlens.evaluation import metrics
from twinlens.evaluation.metrics import (
    first_ranks,
    mean_rank,
    mean_reciprocal_rank,
    median_rank,
    precision_at_k,
    recall_at_k,
    relevant_ranks,
)

repeatable = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@st.composite
def galleries(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Queries, candidates and right answers; coordinates are quarters, so that scores are exact and often tie."""
    quarters = st.integers(-2, 2).map(lambda number: np.float32(number / 4))
    queries = draw(arrays(np.float32, st.tuples(st.integers(1, 6), st.just(4)), elements=quarters))
    candidates = draw(arrays(np.float32, st.tuples(st.integers(1, 9), st.just(4)), elements=quarters))
    answers = st.sets(st.integers(0, len(candidates) - 1), min_size=1)
    relevant = [np.array(sorted(draw(answers)), dtype=np.int64) for _ in queries]
    return queries, candidates, relevant


def plain_ranks(queries: np.ndarray, candidates: np.ndarray, relevant: Sequence[np.ndarray]) -> list[list[int]]:
    """The truth by another road: sort the whole gallery, wrong answers before right ones that tie."""
    ranks = []
    for query, answers in zip(queries.tolist(), relevant, strict=True):
        right = set(answers.tolist())
        ordered = sorted(
            (-sum(a * b for a, b in zip(query, candidate, strict=True)), number in right)
            for number, candidate in enumerate(candidates.tolist())
        )
        ranks.append([place for place, (_, is_right) in enumerate(ordered, start=1) if is_right])
    return ranks


def as_lists(ranks: Sequence[np.ndarray]) -> list[list[int]]:
    return [own.tolist() for own in ranks]


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


# --- ranks ------------------------------------------------------------------------------------


def test_ranks_on_three_vectors_are_as_worked_out_by_hand() -> None:
    candidates = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    queries = np.array([[1, 0], [0, 1]], dtype=np.float32)  # scores 1, 0, 0.6 and 0, 1, 0.8
    found = relevant_ranks(queries, candidates, [np.array([2]), np.array([0, 1])])
    assert as_lists(found) == [[2], [1, 3]]
    assert first_ranks(found).tolist() == [2, 1]


@repeatable
@given(galleries())
def test_ranks_equal_a_plain_loop(gallery: tuple[np.ndarray, np.ndarray, list[np.ndarray]]) -> None:
    assert as_lists(relevant_ranks(*gallery)) == plain_ranks(*gallery)


@repeatable
@given(galleries(), st.integers(0, 1000))
def test_rotating_all_embeddings_changes_no_rank(
    gallery: tuple[np.ndarray, np.ndarray, list[np.ndarray]], seed: int
) -> None:
    queries, candidates, relevant = gallery
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))
    turned = relevant_ranks(
        (queries @ rotation).astype(np.float32), (candidates @ rotation).astype(np.float32), relevant
    )
    assert as_lists(turned) == as_lists(relevant_ranks(*gallery))


@repeatable
@given(galleries(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_nothing(
    gallery: tuple[np.ndarray, np.ndarray, list[np.ndarray]], random: object
) -> None:
    queries, candidates, relevant = gallery
    order = list(range(len(candidates)))
    random.shuffle(order)  # type: ignore[attr-defined]
    new_place = np.argsort(order)
    moved = relevant_ranks(queries, candidates[order], [new_place[answers] for answers in relevant])
    assert as_lists(moved) == as_lists(relevant_ranks(*gallery))


@pytest.mark.parametrize("rows", [1, 2, 7, 40, 41])
def test_the_block_size_changes_nothing(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    random = np.random.default_rng(0)
    queries, candidates = unit(random.normal(size=(40, 64))), unit(random.normal(size=(30, 64)))
    candidates[10:20] = candidates[:10]
    relevant = [random.choice(30, size=2, replace=False) for _ in queries]
    whole = as_lists(relevant_ranks(queries, candidates, relevant))
    monkeypatch.setattr(metrics, "BLOCK_ROWS", rows)
    assert as_lists(relevant_ranks(queries, candidates, relevant)) == whole


@pytest.mark.parametrize("scores", [1, 31, 90])
def test_a_gallery_larger_than_a_block_is_ranked_the_same(monkeypatch: pytest.MonkeyPatch, scores: int) -> None:
    random = np.random.default_rng(0)
    queries, candidates = unit(random.normal(size=(7, 16))), unit(random.normal(size=(30, 16)))
    relevant = [random.choice(30, size=3, replace=False) for _ in queries]
    whole = as_lists(relevant_ranks(queries, candidates, relevant))
    monkeypatch.setattr(metrics, "BLOCK_SCORES", scores)
    told: list[int] = []
    assert as_lists(relevant_ranks(queries, candidates, relevant, on_progress=told.append)) == whole
    assert told == ([3, 6, 7] if scores == 90 else list(range(1, 8)))


def test_memory_stays_flat_in_the_size_of_the_gallery() -> None:
    random = np.random.default_rng(0)
    queries, candidates = unit(random.normal(size=(600, 8))), unit(random.normal(size=(60_000, 8)))
    tracemalloc.start()
    relevant_ranks(queries, candidates, [np.array([number]) for number in range(600)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 70e6  # two blocks; all scores at once would be 144 MB


@repeatable
@given(galleries(), st.sampled_from([None, 0, 1, 5]))
def test_sorting_and_counting_give_the_same_ranks(
    gallery: tuple[np.ndarray, np.ndarray, list[np.ndarray]], broken: int | None
) -> None:
    queries, candidates, relevant = gallery
    if broken is not None:
        candidates[broken % len(candidates)] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "SORTED_FROM", 1)
        by_sorting = as_lists(relevant_ranks(queries, candidates, relevant))
    assert by_sorting == as_lists(relevant_ranks(queries, candidates, relevant))
    assert all(ranks == sorted(set(ranks)) for ranks in by_sorting)


@repeatable
@given(galleries(), st.integers(0, 8))
def test_a_copy_of_any_candidate_never_helps(
    gallery: tuple[np.ndarray, np.ndarray, list[np.ndarray]], which: int
) -> None:
    queries, candidates, relevant = gallery
    more = np.vstack([candidates, candidates[which % len(candidates)]])
    before, after = relevant_ranks(queries, candidates, relevant), relevant_ranks(queries, more, relevant)
    for own, changed in zip(before, after, strict=True):
        assert np.all(changed >= own)


@pytest.mark.parametrize("dim", [3, 64, 512, 513])
@pytest.mark.parametrize("count", [2, 7, 100, 1001])
@pytest.mark.parametrize("queries", [1, 3, 100])
def test_a_collapsed_model_gets_the_worst_rank(dim: int, count: int, queries: int) -> None:
    photo, text = unit(np.random.default_rng(dim + count).normal(size=(2, dim)))
    relevant = [np.array([number % count]) for number in range(queries)]
    ranks = first_ranks(relevant_ranks(np.tile(text, (queries, 1)), np.tile(photo, (count, 1)), relevant))
    assert set(ranks.tolist()) == {count}


def test_a_model_whose_scores_are_no_numbers_gets_the_worst_rank() -> None:
    broken = np.full((5, 4), np.nan, dtype=np.float32)
    sound = unit(np.random.default_rng(0).normal(size=(5, 4)))
    own = [np.array([number]) for number in range(5)]
    for queries, candidates in ((broken, sound), (sound, broken), (broken, broken)):
        assert first_ranks(relevant_ranks(queries, candidates, own)).tolist() == [5] * 5


def test_one_right_answer_that_is_no_number_does_not_come_first() -> None:
    candidates = np.array([[np.nan, 0], [1, 0], [0, 1]], dtype=np.float32)
    query = np.array([[1, 0]], dtype=np.float32)
    assert as_lists(relevant_ranks(query, candidates, [np.array([0])])) == [[3]]


def test_a_perfect_model_ranks_every_pair_first() -> None:
    rows = unit(np.random.default_rng(1).normal(size=(50, 8)))
    assert first_ranks(relevant_ranks(rows, rows, [np.array([number]) for number in range(50)])).tolist() == [1] * 50


def test_two_right_answers_that_tie_do_not_stand_before_each_other() -> None:
    candidates = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert as_lists(relevant_ranks(candidates[:1], candidates, [np.array([0, 1])])) == [[1, 2]]


def test_random_pairs_are_ranked_near_chance() -> None:
    random = np.random.default_rng(2)
    count = 600
    queries, candidates = unit(random.normal(size=(count, 32))), unit(random.normal(size=(count, 32)))
    ranks = first_ranks(relevant_ranks(queries, candidates, [np.array([number]) for number in range(count)]))
    assert recall_at_k(ranks, 60) == pytest.approx(0.1, abs=0.04)
    assert mean_rank(ranks) == pytest.approx(count / 2, rel=0.1)


def test_a_query_without_a_right_answer_is_refused() -> None:
    rows = np.eye(2, dtype=np.float32)
    with pytest.raises(ValueError, match="at least one right answer"):
        relevant_ranks(rows, rows, [np.array([0]), np.array([], dtype=np.int64)])
    with pytest.raises(ValueError, match="2 queries but 1 lists"):
        relevant_ranks(rows, rows, [np.array([0])])


# --- measures ---------------------------------------------------------------------------------

some_ranks = st.lists(st.integers(1, 50), min_size=1, max_size=30)


@repeatable
@given(some_ranks, st.integers(1, 60))
def test_recall_at_k_equals_a_plain_loop(ranks: list[int], k: int) -> None:
    found = 0
    for rank in ranks:
        if rank <= k:
            found += 1
    assert recall_at_k(np.array(ranks), k) == pytest.approx(found / len(ranks))


@repeatable
@given(some_ranks)
def test_reciprocal_mean_and_median_rank_equal_plain_loops(ranks: list[int]) -> None:
    total = sum(1 / rank for rank in ranks)
    ordered = sorted(ranks)
    middle = (ordered[(len(ranks) - 1) // 2] + ordered[len(ranks) // 2]) / 2
    assert mean_reciprocal_rank(np.array(ranks)) == pytest.approx(total / len(ranks))
    assert mean_rank(np.array(ranks)) == pytest.approx(sum(ranks) / len(ranks))
    assert median_rank(np.array(ranks)) == middle


@repeatable
@given(st.lists(st.sets(st.integers(1, 30), min_size=1), min_size=1, max_size=10), st.integers(1, 40))
def test_precision_at_k_equals_a_plain_loop(ranks: list[set[int]], k: int) -> None:
    shares = []
    for own in ranks:
        right = 0
        for place in range(1, k + 1):
            right += place in own
        shares.append(right / k)
    assert precision_at_k([np.array(sorted(own)) for own in ranks], k) == pytest.approx(sum(shares) / len(shares))


def test_measures_of_three_ranks_are_as_worked_out_by_hand() -> None:
    ranks = np.array([1, 2, 6])
    assert recall_at_k(ranks, 1) == pytest.approx(1 / 3)
    assert recall_at_k(ranks, 5) == pytest.approx(2 / 3)
    assert recall_at_k(ranks, 10_000) == 1.0
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 + 1 / 2 + 1 / 6) / 3)
    assert (median_rank(ranks), mean_rank(ranks)) == (2.0, 3.0)
    # of the first five: two right, one right, none
    assert precision_at_k([np.array([1, 4]), np.array([2, 9]), np.array([6])], 5) == pytest.approx(3 / 15)


@repeatable
@given(some_ranks)
def test_recall_grows_with_k_up_to_one(ranks: list[int]) -> None:
    values = [recall_at_k(np.array(ranks), k) for k in range(1, 52)]
    assert values == sorted(values)
    assert values[-1] == 1.0


def test_no_ranks_and_no_k_are_refused() -> None:
    nothing = np.array([], dtype=np.int64)
    for measure in (mean_rank, median_rank, mean_reciprocal_rank):
        with pytest.raises(ValueError, match="empty"):
            measure(nothing)
    with pytest.raises(ValueError, match="empty"):
        recall_at_k(nothing, 1)
    with pytest.raises(ValueError, match="k must be at least 1"):
        recall_at_k(np.array([1]), 0)
    with pytest.raises(ValueError, match="k must be at least 1"):
        precision_at_k([np.array([1])], 0)
    with pytest.raises(ValueError, match="there must be queries"):
        precision_at_k([], 1)
