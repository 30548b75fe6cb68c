"""What is written and what is meant, fused: the same order as by comparing everything, of which little is compared."""

from collections.abc import Iterable

import numpy as np
import pytest

from twinlens.collection.likeness.near_copies import NO_IDS
from twinlens.collection.searching.ranking.fusion import DAMPING, WINDOW, Written
from twinlens.collection.searching.ranking.ranked import Best, Ranked
from twinlens.collection.texts.fields import FIELDS
from twinlens.collection.texts.matches import TextMatches
from twinlens.types import Ids


class Scored(Ranked):
    """Candidates by their scores; counts how many of them were ranked besides the first ones."""

    def __init__(self, scores: dict[int, float]) -> None:
        self.given, self.num_compared = scores, 0
        super().__init__(self.ids, len(scores))

    def ids(self) -> Ids:
        return np.array(sorted(self.given), dtype=np.int64)

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        return {item: self.given[item] for item in items}

    def best_of(self, items: Ids, count: int) -> Best:
        order = sorted(items.tolist(), key=lambda item: (-self.given[item], item))[:count]
        self.num_compared += len(order)
        return Best(np.array(order, dtype=np.int64), np.array([self.given[item] for item in order], dtype=np.float32))

    def _rank(self, count: int) -> Best:
        return self.best_of(self.ids(), count)


def matches(ids: Ids, ranks: Ids, *, exact: Ids = NO_IDS) -> TextMatches:
    order = np.argsort(ranks, kind="stable")
    every = np.ones(len(ids), bool)
    fields = np.zeros((len(ids), len(FIELDS)), bool)
    return TextMatches(ids[order], ranks[order], np.isin(ids[order], exact), every, fields)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_is_that_of_all_compared_whatever_is_asked_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    candidates = Scored({item: float(score) for item, score in enumerate(rng.integers(0, 50, 3000) / 50, start=1)})
    ids = np.sort(rng.permutation(candidates.ids())[:500])
    found = matches(ids, rng.choice([1, 200, 300, 480], 500), exact=ids[::50])
    matching = np.sort(rng.permutation(candidates.ids())[:900])
    first = Written([found], good=ids[7:9]).fused(candidates, matching)

    by_meaning = {item: 1 / (DAMPING + rank) for rank, item in enumerate(candidates.best(WINDOW).ids.tolist(), start=1)}
    by_text = {item: 1 / (DAMPING + rank) for item, rank in zip(found.ids.tolist(), found.ranks.tolist(), strict=True)}
    wanted = sorted(
        {*by_meaning, *by_text},
        key=lambda item: (
            item not in matching, item not in ids[7:9], item not in ids[::50],
            -(by_meaning.get(item, 0.0) + by_text.get(item, 0.0)), -candidates.given[item], item,
        ),
    )  # fmt: skip
    for count in (1, 2, 40, 333, 1200, 5000):
        assert first(count).tolist() == wanted[:count]


def test_of_many_that_are_found_alike_only_those_of_a_page_are_compared() -> None:
    candidates = Scored({item: 1 / item for item in range(1, 20_001)})
    first = Written([matches(candidates.ids(), np.ones(20_000, np.int64))]).fused(candidates, NO_IDS)
    candidates.num_compared = 0
    assert first(40).tolist() == list(range(1, 41))
    assert candidates.num_compared <= 40


def test_nothing_stands_first_where_nothing_is_written() -> None:
    assert not len(Written().fused(Scored({1: 0.5}), NO_IDS)(10))
