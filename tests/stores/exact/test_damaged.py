"""An exact store whose update was interrupted, or whose files are damaged."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.vector_store import DIM, OWNER, blocks, check_answer, clustered, put
from stores.exact.conftest import files, open_exact
from twinlens.errors import VectorsDamagedError
from twinlens.stores import checked_rows
from twinlens.types import Embeddings, Ids


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
