import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.vector_store import (
    DIM,
    NOTHING,
    OWNER,
    ExactStoreContract,
    RecallStoreContract,
    blocks,
    check_answer,
    clustered,
    put,
    unit,
)
from twinlens.errors import VectorsDamagedError
from twinlens.stores import checked_rows, codes, exact
from twinlens.stores.checked_rows import CheckedRows
from twinlens.stores.codes import Rough, Scanner
from twinlens.stores.exact import ExactStore, HalfStore
from twinlens.types import Embeddings, Ids


def open_exact(folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
    return ExactStore(folder, dim=dim, owner=owner)


def files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    assert found, f"no {pattern} in {folder}"
    return found


class TestExactStore(ExactStoreContract):
    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
        return ExactStore(folder, dim=dim, owner=owner)


class TestExactStoreMissesNothing(RecallStoreContract):
    minimum_recall = 1.0

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> ExactStore:
        return ExactStore(folder, dim=dim, owner=owner)


class TestHalfStore(RecallStoreContract):
    minimum_recall = 0.85  # of vectors nearer to each other than the rounding, some change places
    score_tolerance = 5e-4  # 2⁻¹¹, of float16

    def open_store(self, folder: Path, *, dim: int = DIM, owner: str = OWNER) -> HalfStore:
        return HalfStore(folder, dim=dim, owner=owner)


def test_a_store_of_halves_ranks_the_rounded_vectors_exactly(tmp_path: Path) -> None:
    vectors = clustered(300, spread=0.001)
    store = put(HalfStore(tmp_path, dim=DIM, owner=OWNER), vectors, generation=1)
    rounded = {photo: unit(vector.astype(np.float16).astype(np.float32)) for photo, vector in vectors.items()}
    queries = np.stack(list(clustered(5, seed=1).values()))
    check_answer(store.search(queries, 20), rounded, queries, 20)


def test_a_store_of_halves_takes_three_fifths_of_the_space(tmp_path: Path) -> None:
    vectors = clustered(100)
    put(HalfStore(tmp_path / "half", dim=DIM, owner=OWNER), vectors, generation=1)
    put(open_exact(tmp_path / "exact"), vectors, generation=1)
    half, exact_ = (
        sum(file.stat().st_size for file in files(tmp_path / name, "vectors-*")) for name in ("half", "exact")
    )
    assert 5 * half == 3 * exact_


def test_files_of_others_in_its_folder_are_left_alone(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("IMG-2020-01.jpg", "vectors-abc.f32", "my-notes.txt")]
    for file in others:
        file.write_text("mine")
    store = open_exact(tmp_path)
    put(store, clustered(20), generation=1)
    put(store, clustered(20), generation=2)
    assert [file.read_text() for file in others] == ["mine"] * 3
    assert len(files(tmp_path, "ids-*.i64")) == 1


class TestTwoStoresOnOneFolder:
    def test_one_sees_after_refresh_what_the_other_wrote(self, tmp_path: Path) -> None:
        vectors = clustered(20)
        writer, reader = open_exact(tmp_path), open_exact(tmp_path)
        put(writer, vectors, generation=1)
        assert len(reader) == 0
        reader.refresh()
        assert (reader.generation, len(reader)) == (1, 20)
        check_answer(reader.search(vectors[3][None], 5), vectors, vectors[3][None], 5)

    def test_old_maps_give_the_old_answer_until_refreshed(self, tmp_path: Path) -> None:
        before = clustered(20)
        writer = put(open_exact(tmp_path), before, generation=1)
        reader = open_exact(tmp_path)
        after = {**before, 3: -before[3]} | clustered(20, seed=1, first_id=50)
        del after[7]
        put(writer, {i: v for i, v in after.items() if i == 3 or i >= 50}, removed=[7], generation=2)
        query = before[3][None]
        check_answer(reader.search(query, 30), before, query, 30)
        reader.refresh()
        check_answer(reader.search(query, 50), after, query, 50)

    def test_old_maps_survive_a_compaction(self, tmp_path: Path) -> None:
        before = clustered(20)
        writer = put(open_exact(tmp_path), before, generation=1)
        reader = open_exact(tmp_path)
        after = {photo: vector for photo, vector in before.items() if photo > 15}
        put(writer, {}, removed=range(1, 16), generation=2)
        put(writer, clustered(4, seed=8, first_id=90), generation=3)
        query = before[2][None]
        check_answer(reader.search(query, 20), before, query, 20)
        reader.refresh()
        check_answer(reader.search(query, 24), after | clustered(4, seed=8, first_id=90), query, 24)

    def test_they_may_take_turns_to_update(self, tmp_path: Path) -> None:
        stores, vectors = [open_exact(tmp_path), open_exact(tmp_path)], {}
        for generation in range(1, 13):
            store = stores[generation % 2]
            store.refresh()
            new = clustered(3, seed=generation, first_id=generation * 2)
            put(store, new, removed=[generation * 2 - 3], generation=generation)
            vectors.pop(generation * 2 - 3, None)
            vectors |= new
        for store in stores:
            store.refresh()
            assert store.ids().tolist() == sorted(vectors)
            check_answer(store.search(vectors[20][None], 9), vectors, vectors[20][None], 9)

    def test_a_refresh_without_news_keeps_the_maps(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(5), generation=1)
        maps = store._view.vectors
        store.refresh()
        assert store._view.vectors is maps


class TestInterruptedUpdates:
    def test_bytes_of_an_interrupted_update_are_cut_off(self, tmp_path: Path) -> None:
        vectors = clustered(10)
        put(open_exact(tmp_path), vectors, generation=1)
        for file in files(tmp_path, "vectors-*"):
            file.write_bytes(file.read_bytes() + b"\x7f" * 37)
        store = open_exact(tmp_path)
        check_answer(store.search(vectors[1][None], 10), vectors, vectors[1][None], 10)
        more = clustered(5, seed=1, first_id=30)
        put(store, more, generation=2)
        for seen in (store, open_exact(tmp_path)):
            check_answer(seen.search(more[30][None], 15), vectors | more, more[30][None], 15)

    def test_an_update_that_fails_half_way_leaves_the_old_state(self, tmp_path: Path) -> None:
        vectors = clustered(10)
        store = put(open_exact(tmp_path), vectors, generation=1)

        def failing() -> Iterator[tuple[Ids, Embeddings]]:
            yield from blocks(clustered(7, seed=3, first_id=50))
            raise OSError("the disk went away")

        with pytest.raises(OSError, match="went away"):
            store.update(failing(), np.array([2]), generation=2)
        for seen in (store, open_exact(tmp_path)):
            assert seen.generation == 1
            check_answer(seen.search(vectors[2][None], 10), vectors, vectors[2][None], 10)
        more = clustered(3, seed=4, first_id=70)
        put(store, more, generation=2)
        check_answer(open_exact(tmp_path).search(more[70][None], 13), vectors | more, more[70][None], 13)

    def test_left_over_partial_files_are_no_harm(self, tmp_path: Path) -> None:
        vectors = clustered(10)
        put(open_exact(tmp_path), vectors, generation=1)
        (tmp_path / ".ids-2-0.i64.partial").write_bytes(b"\x01" * 11)
        (tmp_path / ".stamp.json.partial").write_text('{"format": 1, "own')
        store = open_exact(tmp_path)
        put(store, {}, removed=[1], generation=2)
        del vectors[1]
        check_answer(open_exact(tmp_path).search(vectors[2][None], 9), vectors, vectors[2][None], 9)

    def test_an_interrupted_compaction_loses_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        vectors = clustered(20)
        store = put(open_exact(tmp_path), vectors, generation=1)
        real, stamps = Path.write_text, []

        def write_text(file: Path, text: str, **options: str) -> int:
            stamps.append(text)
            if len(stamps) == 2:  # the first is the update's, the second the compaction's
                raise OSError("interrupted")
            return real(file, text, **options)

        monkeypatch.setattr(Path, "write_text", write_text)
        with pytest.raises(OSError, match="interrupted"):
            put(store, {}, removed=range(1, 16), generation=2)
        left = {photo: vector for photo, vector in vectors.items() if photo > 15}
        for seen in (store, open_exact(tmp_path)):
            assert (seen.generation, len(seen)) == (2, 5)
            check_answer(seen.search(vectors[1][None], 5), left, vectors[1][None], 5)

    def test_a_first_update_that_was_killed_leaves_an_empty_store(self, tmp_path: Path) -> None:
        (tmp_path / "vectors-0.f32").write_bytes(b"\x11" * 999)
        (tmp_path / "vectors-0.i8").write_bytes(b"\x11" * 99)
        store = open_exact(tmp_path)
        assert len(store) == 0
        vectors = clustered(6)
        put(store, vectors, generation=1)
        check_answer(open_exact(tmp_path).search(vectors[1][None], 6), vectors, vectors[1][None], 6)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _garble(file: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _zero(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


DAMAGES = [
    ("stamp.json", _cut),
    ("stamp.json", _garble),
    ("stamp.json", _empty),
    ("stamp.json", lambda file: file.write_text("[1, 2]")),
    ("stamp.json", lambda file: file.write_text('{"format": 1}')),
    ("stamp.json", lambda file: file.write_text(file.read_text().replace('"rows": 20', '"rows": "many"'))),
    ("stamp.json", lambda file: file.write_text(file.read_text().replace('"rows": 20', '"rows": -20'))),
    ("stamp.json", lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), "format": 1}))),
    ("stamp.json", Path.unlink),
    ("ids-*.i64", _cut),
    ("ids-*.i64", _empty),
    ("ids-*.i64", _garble),
    ("ids-*.i64", _zero),
    ("stamp.json", lambda file: file.write_text(file.read_text().replace('"generation": 5', '"generation": 6'))),
    ("ids-*.i64", Path.unlink),
    ("vectors-*.f32", _cut),
    ("vectors-*.f32", _garble),
    ("vectors-*.f32", _zero),
    ("vectors-*.f32", Path.unlink),
    ("vectors-*.i8", _cut),
    ("vectors-*.i8", _garble),
    ("vectors-*.i8", Path.unlink),
]


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
class TestDamagedFiles:
    @pytest.mark.parametrize(("pattern", "damage"), DAMAGES)
    def test_a_damaged_store_starts_empty_and_is_rebuilt(
        self, tmp_path: Path, pattern: str, damage: Callable[[Path], object]
    ) -> None:
        vectors = clustered(20)
        put(open_exact(tmp_path), vectors, generation=5)
        (file,) = files(tmp_path, pattern)
        damage(file)
        store = open_exact(tmp_path)
        assert (len(store), store.generation) == (0, 0)
        put(store, vectors, generation=6)
        for seen in (store, open_exact(tmp_path)):
            assert seen.generation == 6
            check_answer(seen.search(vectors[3][None], 20), vectors, vectors[3][None], 20)

    @pytest.mark.parametrize(("pattern", "damage"), [case for case in DAMAGES if case[1] is Path.unlink])
    def test_a_store_whose_files_went_away_while_it_was_open_is_rebuilt(
        self, tmp_path: Path, pattern: str, damage: Callable[[Path], object]
    ) -> None:
        vectors = clustered(20)
        store = put(open_exact(tmp_path), vectors, generation=5)
        (file,) = files(tmp_path, pattern)
        damage(file)
        if pattern != "stamp.json":  # another process saw the damage and wrote a stamp of its own
            put(open_exact(tmp_path), clustered(2, seed=1), generation=6)
            damage(files(tmp_path, pattern)[0])
        store.refresh()
        assert (len(store), store.generation) == (0, 0)
        assert store.search(vectors[3][None], 5).ids.shape == (1, 0)
        put(store, vectors, generation=7)
        check_answer(open_exact(tmp_path).search(vectors[3][None], 20), vectors, vectors[3][None], 20)

    def test_a_store_whose_folder_was_deleted_while_it_was_open_is_rebuilt(self, tmp_path: Path) -> None:
        vectors = clustered(20)
        folder = tmp_path / "exact"
        store = put(open_exact(folder), vectors, generation=5)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        store.refresh()
        assert (len(store), store.generation) == (0, 0)
        put(store, vectors, generation=6)
        check_answer(open_exact(folder).search(vectors[3][None], 20), vectors, vectors[3][None], 20)

    def test_any_changed_byte_of_a_small_store_is_noticed_when_it_is_opened(self, tmp_path: Path) -> None:
        random = np.random.default_rng(0)
        put(open_exact(tmp_path), clustered(20), generation=5)
        whole = {file: file.read_bytes() for file in files(tmp_path, "*")}
        for file, good in [item for item in whole.items() for _ in range(25)]:
            place = int(random.integers(len(good)))
            file.write_bytes(good[:place] + bytes([good[place] ^ int(random.integers(1, 256))]) + good[place + 1 :])
            assert len(open_exact(tmp_path)) == 0, f"{file.name} at {place}"
            for one, content in whole.items():
                one.write_bytes(content)
        assert len(open_exact(tmp_path)) == 20

    @pytest.mark.parametrize("most_bytes_read", [checked_rows.MOST_BYTES_READ, 0], ids=["read", "mapped"])
    @pytest.mark.parametrize("pattern", ["vectors-*.f32", "vectors-*.i8"])
    @pytest.mark.parametrize("left", [0, 100])
    def test_files_cut_short_while_they_are_open_end_in_an_error_and_a_rebuild(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, left: int, most_bytes_read: int
    ) -> None:
        monkeypatch.setattr(checked_rows, "MOST_BYTES_READ", most_bytes_read)
        vectors = clustered(20)
        store = put(open_exact(tmp_path), vectors, generation=5)
        other = open_exact(tmp_path)
        (file,) = files(tmp_path, pattern)
        os.truncate(file, left)
        for reader in (store, other):
            with pytest.raises(VectorsDamagedError, match=r"are damaged \(vectors-0\.(f32|i8) has"):
                reader.search(vectors[3][None], 5)
            assert (len(reader), reader.generation) == (0, 0)
        put(store, vectors, generation=5)
        other.refresh()
        for reader in (store, other):
            check_answer(reader.search(vectors[3][None], 20), vectors, vectors[3][None], 20)

    @pytest.mark.parametrize("pattern", ["vectors-*.f32", "vectors-*.i8"])
    def test_mapped_rows_that_are_overwritten_are_never_part_of_an_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
    ) -> None:
        monkeypatch.setattr(checked_rows, "MOST_BYTES_READ", 0)
        monkeypatch.setattr(checked_rows, "SAMPLE", 1)
        vectors = clustered(20)
        store = put(open_exact(tmp_path), vectors, generation=5)
        store.search(vectors[3][None], 20)
        (file,) = files(tmp_path, pattern)
        with file.open("r+b") as opened:
            opened.seek(file.stat().st_size // 2)
            opened.write(b"\x3c" * 30)
        os.utime(file, ns=(1, 1))
        for reader in (store, open_exact(tmp_path)):
            with pytest.raises(VectorsDamagedError, match="was overwritten"):
                reader.search(vectors[3][None], 20)

    def test_an_update_after_a_cut_starts_anew(self, tmp_path: Path) -> None:
        vectors = clustered(20)
        store = put(open_exact(tmp_path), vectors, generation=5)
        os.truncate(files(tmp_path, "vectors-*.i8")[0], 64)
        store.refresh()
        assert store.generation == 0

    def test_files_of_an_earlier_format_are_rebuilt_without_a_warning(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "stamp.json").write_text(
            json.dumps({"format": 1, "owner": OWNER, "dim": DIM, "generation": 3, "serial": 0, "rows": 0})
        )
        assert len(open_exact(tmp_path)) == 0
        assert caplog.records == []


class TestOwners:
    def test_another_owner_never_writes_into_files_that_someone_maps(self, tmp_path: Path) -> None:
        vectors = clustered(8)
        old = put(open_exact(tmp_path, owner="old"), vectors, generation=3)
        others = clustered(30, seed=5)
        new = put(open_exact(tmp_path, owner="new"), others, generation=1)
        check_answer(old.search(vectors[1][None], 8), vectors, vectors[1][None], 8)
        check_answer(new.search(others[1][None], 8), others, others[1][None], 8)
        old.refresh()
        assert (len(old), old.generation) == (0, 0)

    def test_a_cleared_store_is_empty_and_is_filled_anew(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(8), generation=9)
        reader = open_exact(tmp_path)
        store.clear()
        assert (len(store), store.generation) == (0, 0)
        assert store.search(unit(np.ones((1, DIM))), 3).ids.shape == (1, 0)
        vectors = clustered(5, seed=6)
        put(store, vectors, generation=4)
        reader.refresh()
        assert reader.generation == 4
        check_answer(reader.search(vectors[1][None], 5), vectors, vectors[1][None], 5)


class TestCompaction:
    def test_dead_rows_do_not_pile_up(self, tmp_path: Path) -> None:
        store, vectors = open_exact(tmp_path), clustered(30)
        put(store, vectors, generation=1)
        for generation in range(2, 40):
            vectors = clustered(30, seed=generation)
            put(store, vectors, generation=generation)
        (rows,) = files(tmp_path, "vectors-*.f32")
        assert rows.stat().st_size <= 30 * DIM * 4 / (1 - exact.DEAD_SHARE)
        check_answer(open_exact(tmp_path).search(vectors[1][None], 30), vectors, vectors[1][None], 30)

    def test_few_dead_rows_are_left_where_they_are(self, tmp_path: Path) -> None:
        store = put(open_exact(tmp_path), clustered(20), generation=1)
        put(store, {}, removed=[1, 2], generation=2)
        assert [file.name for file in files(tmp_path, "vectors-*.f32")] == ["vectors-0.f32"]
        assert len(store) == 18

    def test_superseded_files_are_deleted(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path)
        for generation in range(1, 8):
            put(store, clustered(9, seed=generation), generation=generation)
        assert len(list(tmp_path.iterdir())) == 4  # stamp, ids, vectors, codes


class TestExactness:
    def test_differences_below_half_precision_are_ranked_right(self, tmp_path: Path) -> None:
        query = unit(np.ones(DIM))
        aside = unit(np.array([1.0, -1.0] * (DIM // 2)))
        angles = 0.02 + 1e-4 * np.random.default_rng(0).permutation(200)  # all alike after rounding to float16
        vectors = {i + 1: unit(np.cos(angle) * query + np.sin(angle) * aside) for i, angle in enumerate(angles)}
        store = put(open_exact(tmp_path), vectors, generation=1)
        expected = (np.argsort(angles)[:10] + 1).tolist()
        assert store.search(query[None], 10).ids[0].tolist() == expected

    @pytest.mark.parametrize("dim", [3, 33, 512])
    @pytest.mark.parametrize("count", [7, 101])
    def test_collapsed_vectors_of_any_length_are_exact(self, tmp_path: Path, dim: int, count: int) -> None:
        twin, query = unit(np.random.default_rng(dim).normal(size=(2, dim)))
        store = put(open_exact(tmp_path, dim=dim), dict.fromkeys(range(1, count + 1), twin), generation=1)
        for k in (1, 5, count):
            assert store.search(query[None], k).ids[0].tolist() == list(range(1, k + 1))

    def test_rows_shared_out_to_threads_give_the_same_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vectors = clustered(103, seed=4)
        store = put(open_exact(tmp_path), vectors, generation=1)
        put(store, {}, removed=[5, 6, 7], generation=2)
        queries = unit(np.random.default_rng(2).normal(size=(5, DIM)))
        alone = store.search(queries, 20)
        monkeypatch.setattr(codes, "ROWS_WORTH_A_THREAD", 10)
        monkeypatch.setattr(codes, "THREADS", 4)
        for mine, other in zip(alone, store.search(queries, 20), strict=True):
            np.testing.assert_array_equal(mine, other)

    def test_searching_while_another_thread_updates_gives_whole_states_only(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path)
        twin = unit(np.ones(DIM))
        put(store, dict.fromkeys(range(1, 4), twin), generation=1)
        faults: list[object] = []
        done = threading.Event()

        def search() -> None:
            while not done.is_set():
                try:
                    ids = store.search(twin[None], 1000).ids[0].tolist()
                    if ids != list(range(1, len(ids) + 1)) or not ids:
                        faults.append(ids)
                except Exception as error:  # noqa: BLE001 — a thread's error must fail the test
                    faults.append(error)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        threads = [threading.Thread(target=search) for _ in range(2)]
        try:
            for thread in threads:
                thread.start()
            for generation in range(2, 40):
                size = 3 + generation % 40
                removed = range(size + 1, 50)
                put(store, dict.fromkeys(range(1, size + 1), twin), removed=removed, generation=generation)
        finally:
            done.set()
            for thread in threads:
                thread.join()
            sys.setswitchinterval(interval)
        assert faults[:3] == []

    def test_an_update_with_nothing_makes_an_empty_store_of_that_generation(self, tmp_path: Path) -> None:
        store = open_exact(tmp_path / "new")
        store.update(iter([]), NOTHING, generation=2)
        assert (open_exact(tmp_path / "new").generation, len(store)) == (2, 0)


def test_more_hits_of_one_query_take_no_second_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(300)
    store = put(open_exact(tmp_path), vectors, generation=1)
    scan, scanned = Scanner.scan, list[int]()

    def counted(self: Scanner, rows: CheckedRows, *args: Any) -> Rough:
        scanned.append(len(rows.array))
        return scan(self, rows, *args)

    monkeypatch.setattr(Scanner, "scan", counted)
    queries = unit(np.random.default_rng(2).normal(size=(2, DIM)))
    for k, among in ((5, None), (200, None), (50, np.arange(1, 301, 3)), (20, None)):
        check_answer(store.search(queries[:1], k, among=among), vectors, queries[:1], k, among)
    assert scanned == [300]
    check_answer(store.search(queries[1:], 5), vectors, queries[1:], 5)
    assert scanned == [300, 300]
    more = {**vectors, 900: queries[1]}
    put(store, {900: queries[1]}, generation=2)
    check_answer(store.search(queries[1:], 5), more, queries[1:], 5)
    assert scanned == [300, 300, 301], "rows have come since"


def test_where_many_are_asked_for_the_answer_is_exact_and_fewer_rows_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = clustered(3000, spread=0.05)
    store = put(open_exact(tmp_path), vectors, generation=1)
    queries = unit(np.random.default_rng(2).normal(size=(2, DIM)))
    cosines, read = ExactStore._cosines, list[int]()

    def counted(self: ExactStore, view: Any, rows: Ids, query: Embeddings) -> Any:
        read.append(len(rows))
        return cosines(self, view, rows, query)

    monkeypatch.setattr(ExactStore, "_cosines", counted)
    totals = []
    for many in (10_000, 100):
        monkeypatch.setattr(exact, "MANY", many)
        for among in (None, np.arange(1, 3001, 2)):
            check_answer(store.search(queries, 1200, among=among), vectors, queries, 1200, among)
        totals.append(sum(read))
        read.clear()
    assert totals[1] < totals[0]


@pytest.mark.parametrize("kind", [ExactStore, HalfStore])
def test_all_above_a_score_are_those_that_a_search_ranks_above_it(kind: type[ExactStore], tmp_path: Path) -> None:
    vectors = clustered(300, spread=0.1)
    store = kind(tmp_path, dim=DIM, owner=OWNER)
    assert store.at_least(vectors[9], -1.0).tolist() == []
    put(store, vectors, generation=1)
    put(store, {}, removed=[5, 6], generation=2)
    for among in (None, np.arange(1, 301, 3)):
        ranked = store.search(vectors[9][None], 300, among=among)
        for place in (0, 1, 7, 50, len(ranked.ids[0]) - 1):
            least = ranked.scores[0][place]
            expected = np.sort(ranked.ids[0][ranked.scores[0] >= least])
            assert store.at_least(vectors[9], float(least), among=among).tolist() == expected.tolist()
    assert store.at_least(vectors[9], 1.1).tolist() == []


def test_damage_is_noticed_where_all_above_a_score_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked_rows, "MOST_BYTES_READ", 0)
    vectors = clustered(200)
    store = put(open_exact(tmp_path), vectors, generation=1)
    os.truncate(files(tmp_path, "vectors-*.i8")[0], 64)
    with pytest.raises(VectorsDamagedError):
        store.at_least(vectors[1], 0.5)
    assert len(store) == 0


@pytest.mark.parametrize("has_links", [True, False])
def test_a_change_that_concerns_no_vector_leaves_the_rows_as_they_are(
    has_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    vectors = clustered(20)
    store = put(open_exact(tmp_path), vectors, generation=1)
    kept, query = store._view.vectors, vectors[3][None]
    for generation in (2, 3, 3):
        put(store, {}, removed=[99], generation=generation)
        assert (store.generation, store._view.vectors) == (generation, kept)
        assert [file.name for file in files(tmp_path, "ids-*")] == [f"ids-{generation}-0.i64"]
        check_answer(open_exact(tmp_path).search(query, 5), vectors, query, 5)
    files(tmp_path, "ids-*")[0].unlink()
    put(store, {}, generation=4)
    check_answer(open_exact(tmp_path).search(query, 5), vectors, query, 5)
