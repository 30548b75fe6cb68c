"""Searches among given ids, against a server of a few lines that counts what it is asked."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.stores.milvus import narrowing
from twinlens.stores.milvus.narrowing import Found, narrowed
from twinlens.types import Ids


class Plain:
    """Knows the conditions that are written, and the limits of a real server."""

    def __init__(self, scores: dict[int, float]) -> None:
        self.scores, self.asked = scores, list[str]()

    def __call__(self, condition: str, limit: int) -> Found:
        self.asked.append(condition)
        assert limit <= narrowing.MOST_ROWS
        numbers = [int(number) for number in re.findall(r"\d+", condition)]
        assert len(numbers) <= narrowing.MOST_NAMED
        if condition.startswith("id in"):
            fits = self.scores.keys() & numbers
        elif condition.startswith("id not in"):
            fits = self.scores.keys() - numbers
        elif condition:
            low, high = numbers
            fits = {one for one in self.scores if low <= one <= high}
        else:
            fits = set(self.scores)
        best = sorted(fits, key=lambda one: (-self.scores[one], one))[:limit]
        return np.array(best, np.int64), np.array([self.scores[one] for one in best], np.float32)


def ids(numbers: set[int]) -> Ids:
    return np.array(sorted(numbers), dtype=np.int64)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_nearest_wanted_are_never_lost(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        most_rows = data.draw(st.integers(3, 40))
        patch.setattr(narrowing, "MOST_ROWS", most_rows)
        patch.setattr(narrowing, "MOST_NAMED", data.draw(st.integers(2, most_rows)))
        patch.setattr(narrowing, "SPARE", 2)
        count = data.draw(st.integers(1, 60))
        present = data.draw(st.sets(st.integers(1, 80), min_size=count, max_size=count))
        strays = data.draw(st.sets(st.integers(81, 90)))
        wanted = data.draw(st.sets(st.sampled_from(sorted(present)), min_size=1))
        scores = {one: float(data.draw(st.integers(0, 9))) for one in sorted(present | strays)}
        k = data.draw(st.integers(1, len(wanted)))
        found, found_scores = narrowed(Plain(scores), k, ids(wanted), ids(present), has_strays=bool(strays))
    assert set(found.tolist()) <= wanted
    assert len(set(found.tolist())) == len(found) >= k
    best = sorted((scores[one] for one in wanted), reverse=True)[:k]
    assert sorted(found_scores.tolist(), reverse=True)[:k] == best


@pytest.mark.parametrize(
    ("wanted", "k", "conditions"),
    [
        (range(1, 1001), 10, [""]),
        (range(1, 6), 10, ["id in [1, 2, 3, 4, 5]"]),
        (range(3, 1001), 10, ["id not in [1, 2]"]),
        (range(1, 1001, 2), 3, [""]),  # half of all: of the nearest of all, enough remain
        (range(1, 91), 2, [""]),  # fewer rows than ids to name
        (range(990, 995), 2, ["id in [990, 991, 992, 993, 994]"]),
        (range(1, 1001), 200, ["id >= 1 and id <= 100", "id >= 101 and id <= 200"]),
    ],
)
def test_few_questions_are_asked(wanted: range, k: int, conditions: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowing, "MOST_ROWS", 150)
    monkeypatch.setattr(narrowing, "MOST_NAMED", 100)
    monkeypatch.setattr(narrowing, "SPARE", 2)
    plain = Plain({one: float(one % 7) for one in range(1, 1001)})
    narrowed(plain, min(k, len(wanted)), ids(set(wanted)), ids(set(range(1, 1001))))
    assert plain.asked[: len(conditions)] == conditions
