import numpy as np
import pytest

from twinlens.collection.catalog.rows import VectorDelta
from twinlens.collection.likeness import leaders
from twinlens.collection.likeness.near_copies import NO_IDS, NearCopies, ReadVectors, Vectors
from twinlens.relevance.near_copy import NEAR_LIKENESS
from twinlens.types import Embeddings, Ids


def unit(rows: np.ndarray) -> Embeddings:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def reader(rows: Embeddings, shared: Embeddings | None = None) -> ReadVectors:
    """Photo n has row n - 1."""
    return lambda ids: Vectors(rows[ids - 1], (rows if shared is None else shared)[ids - 1])


def ids(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.int64)


def pictures(count: int, copies: int, *, seed: int = 0) -> Embeddings:
    """Pictures [count · copies, 256], each with copies at a cosine of about 0.98."""
    random = np.random.default_rng(seed)
    first = unit(random.normal(size=(count, 256)))
    noise = unit(random.normal(size=(copies, count, 256)))
    return unit(first + 0.14 * noise).reshape(-1, 256)


def test_copies_are_together_and_others_are_not() -> None:
    rows = pictures(700, 3)  # more than a block
    copies = NearCopies.none().after(VectorDelta(np.arange(1, len(rows) + 1), NO_IDS), reader(rows))
    np.testing.assert_array_equal((copies.leaders - 1) % 700, (copies.ids - 1) % 700)
    alike = np.vecdot(rows[copies.ids - 1], rows[copies.leaders - 1])
    assert alike.min() >= NEAR_LIKENESS
    assert len(copies.groups().ids) > 0.9 * len(rows)


def test_adding_photos_one_by_one_gives_the_same_groups_as_all_at_once() -> None:
    rows = pictures(20, 3, seed=1)
    at_once = NearCopies.none().after(VectorDelta(np.arange(1, 61), NO_IDS), reader(rows))
    one_by_one = NearCopies.none()
    for number in range(1, 61):
        one_by_one = one_by_one.after(VectorDelta(ids(number), NO_IDS), reader(rows))
    np.testing.assert_array_equal(at_once.leaders, one_by_one.leaders)


def test_leaders_in_cells_are_found_as_if_all_were_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pictures(1500, 3)
    changes = VectorDelta(np.arange(1, len(rows) + 1), NO_IDS)
    compared = NearCopies.none().after(changes, reader(rows))
    take_in, taken = leaders._Cells.take_in, list[int]()

    def counted(self: leaders._Cells, ids: Ids, sketches: Embeddings) -> None:
        taken.append(len(ids))
        take_in(self, ids, sketches)

    monkeypatch.setattr(leaders, "FEW", 300)
    monkeypatch.setattr(leaders, "NEW_IN_CELLS", 256)
    monkeypatch.setattr(leaders._Cells, "take_in", counted)
    in_cells = NearCopies.none().after(changes, reader(rows))
    assert len(taken) > 1
    np.testing.assert_array_equal(in_cells.leaders, compared.leaders)


def test_groups_are_no_chains() -> None:
    angles = np.linspace(0, np.pi / 2, 12)  # each is near the next one, the first is unlike the last
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    copies = NearCopies.none().after(VectorDelta(np.arange(1, 13), NO_IDS), reader(rows))
    assert np.vecdot(rows[copies.ids - 1], rows[copies.leaders - 1]).min() >= NEAR_LIKENESS
    assert len(np.unique(copies.leaders)) > 2


def test_a_lower_likeness_makes_larger_groups() -> None:
    rows = unit(np.array([[1, 0], [np.cos(0.37), np.sin(0.37)]]))  # a cosine of 0.93
    changes = VectorDelta(ids(1, 2), NO_IDS)
    assert len(NearCopies.none().after(changes, reader(rows)).groups().ids) == 0
    assert len(NearCopies.none(at_least=0.92).after(changes, reader(rows)).groups().ids) == 2


def test_photos_that_are_unlike_in_the_shared_space_are_no_copies() -> None:
    rows = np.ones((2, 4), dtype=np.float32) / 2
    apart = np.eye(4, dtype=np.float32)[:2]
    assert len(NearCopies.none().after(VectorDelta(ids(1, 2), NO_IDS), reader(rows)).groups().ids) == 2
    assert len(NearCopies.none().after(VectorDelta(ids(1, 2), NO_IDS), reader(rows, apart)).groups().ids) == 0


def test_those_that_lost_their_leader_find_another() -> None:
    rows = np.ones((3, 4), dtype=np.float32) / 2
    copies = NearCopies.none().after(VectorDelta(ids(1, 2, 3), NO_IDS), reader(rows))
    assert copies.leaders.tolist() == [1, 1, 1]
    copies = copies.after(VectorDelta(NO_IDS, ids(1)), reader(rows))
    assert dict(zip(copies.ids.tolist(), copies.leaders.tolist(), strict=True)) == {2: 2, 3: 2}


def test_keys_of_photos_in_no_group_are_their_own() -> None:
    rows = np.ones((3, 4), dtype=np.float32) / 2
    groups = NearCopies.none().after(VectorDelta(ids(2, 3), NO_IDS), reader(rows)).groups()
    assert groups.keys(ids(1, 2, 3, 9)).tolist() == [1, 2, 2, 9]
