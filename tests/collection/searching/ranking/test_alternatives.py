"""Alternatives of a query: one ranking, the same however many of it are fetched."""

from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.collection.searching.query import parse_query
from twinlens.collection.searching.ranking.alternatives import Alternatives, Part
from twinlens.collection.searching.ranking.ranked import FETCHED_AT_ONCE, Best, Ranked
from twinlens.types import Ids


class Given(Ranked):
    """Candidates in a given order: evenly spaced scores, or all match.

    Args:
        order: [N].
        all_match: whether they need no scores.
    """

    def __init__(self, order: list[int], *, all_match: bool) -> None:
        self._order, self.all_match = order, all_match
        self._levels = {item: -float(rank // 40) for rank, item in enumerate(order)}
        super().__init__(self.ids, len(order))

    def ids(self) -> Ids:
        return np.array(sorted(self._order), dtype=np.int64)

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        return {item: self._levels[item] for item in items}

    def best_of(self, items: Ids, count: int) -> Best:
        return self._as_best(sorted(items.tolist(), key=lambda item: (-self._levels[item], item))[:count])

    def _rank(self, count: int) -> Best:
        return self._as_best(self._order[:count])

    def _as_best(self, items: list[int]) -> Best:
        scores = [self._levels[item] for item in items]
        return Best(np.array(items, dtype=np.int64), np.array(scores, dtype=np.float32))


@settings(deadline=None)
@given(seed=st.integers(0, 1000), all_match=st.tuples(st.booleans(), st.booleans()))
def test_more_of_a_ranking_begins_with_what_came_before(seed: int, all_match: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(400)[: 150 * (place + 1)].tolist() for place in range(2)]

    def alternatives() -> Alternatives:
        one = parse_query("dog")
        pairs = zip(orders, all_match, strict=True)
        return Alternatives([Part(one, Given(order, all_match=matches)) for order, matches in pairs])

    whole = alternatives().best(400)
    assert sorted(whole.ids.tolist()) == sorted({*orders[0], *orders[1]})
    assert dict(zip(whole.ids.tolist(), whole.scores.tolist(), strict=True)) == alternatives().scores(whole.ids)
    for count in (1, FETCHED_AT_ONCE, 170, 260):
        assert alternatives().best(count).ids.tolist() == whole.ids[:count].tolist()


@given(seed=st.integers(0, 1000), all_match=st.tuples(st.booleans(), st.booleans()))
def test_the_best_of_some_are_the_same_however_many_are_asked_for(seed: int, all_match: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(seed)
    parts = [
        Part(parse_query("dog"), Given(rng.permutation(60)[:40].tolist(), all_match=matches)) for matches in all_match
    ]
    alternatives = Alternatives(parts)
    some = np.sort(rng.permutation(alternatives.ids())[:30])
    whole = alternatives.best_of(some, len(some))
    assert sorted(whole.ids.tolist()) == some.tolist()
    for count in (1, 7, 29):
        assert alternatives.best_of(some, count).ids.tolist() == whole.ids[:count].tolist()


def test_they_all_match_where_each_of_them_does() -> None:
    parts = [Part(parse_query("dog"), Given([1, 2], all_match=matches)) for matches in (True, False)]
    assert not Alternatives(parts).all_match
    assert Alternatives(parts[:1] * 2).all_match


class Spread:
    """Judges by the score alone, which is from -10 to 0."""

    def probability(self, scores: Sequence[float]) -> np.ndarray:
        return 1 + np.array(scores, dtype=np.float64) / 10


@settings(deadline=None)
@given(
    seed=st.integers(0, 1000),
    all_match=st.tuples(st.booleans(), st.booleans()),
    least=st.sampled_from([0.0, 0.5, 0.7, 0.95, 1.0, 1.1]),
)
def test_all_that_match_in_any_alternative_are_those_that_the_ranking_puts_first(
    seed: int, all_match: tuple[bool, bool], least: float
) -> None:
    rng = np.random.default_rng(seed)
    alternatives = Alternatives(
        [
            Part(
                parse_query("dog"),
                Given(rng.permutation(400)[:300].tolist(), all_match=matches),
                judgement=None if matches else Spread(),
            )
            for matches in all_match
        ]
    )
    matches = lambda scores: np.array(scores, dtype=np.float64) >= np.float32(least)  # noqa: E731
    assert alternatives.matching_ids(matches).tolist() == sorted(alternatives.matching(matches).tolist())
