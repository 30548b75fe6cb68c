import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from twinlens.collection.catalog import database as database_module
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.schema import SCHEMA_VERSION
from twinlens.collection.catalog.settings import Folder
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import CatalogDamagedError, CollectionBusyError, CollectionError, DiskFullError

DETAILS = PhotoDetails(48, 36, "2023-06-30T12:00:00", 120, "Canon EOS R5", 52.5, -13.25, "exif")


def vector(seed: int = 0, *, features: bool = True) -> PhotoVector:
    random = np.random.default_rng(seed)
    embedding = random.normal(size=8).astype(np.float32)
    pooled = random.normal(size=3).astype(np.float16).astype(np.float32) if features else None
    return PhotoVector(embedding / np.linalg.norm(embedding), pooled)


def state(path: str, *, folder_id: int = 1, content: bytes = b"0123456789abcdef", size: int = 10) -> FileState:
    return FileState(folder_id, path, size, 1_000, content)


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Photos 1 and 2, and a skipped file 3; generation 1."""
    catalog.add_folder("photos", "..")
    with catalog.writing() as writer:
        writer.put_photo(state("a.jpg", content=b"a" * 16), DETAILS, vector(1), reader_version=1)
        writer.put_photo(state("b/b.jpg", content=b"b" * 16), PhotoDetails(9, 9), vector(2), reader_version=1)
        writer.put_skipped(state("c.jpg", content=b"c" * 16), "empty file", reader_version=1)
    return catalog


def contents(catalog: Catalog) -> list[tuple]:
    """Every row of the catalog."""
    with closing(sqlite3.connect(catalog.path)) as connection:
        tables = ("meta", "folders", "photos", "vectors", "removed", "captions", "removed_captions")
        return [row for table in tables for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[..., Catalog]]:
    opened: list[Catalog] = []

    def open_again(path: Path = tmp_path / "catalog.sqlite", **options: bool) -> Catalog:
        opened.append(Catalog(path, **options))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()


class TestOpening:
    def test_a_new_catalog_is_empty_and_has_an_identity(self, catalog: Catalog) -> None:
        assert (catalog.count(), catalog.generation, catalog.folders(), catalog.skipped()) == (0, 0, [], [])
        assert len(catalog.identity) == 32

    def test_a_reopened_catalog_is_the_same(self, filled: Catalog, reopen: Callable[..., Catalog]) -> None:
        again = reopen()
        assert (again.identity, again.generation, again.count()) == (filled.identity, 1, 2)
        assert again.folders() == [Folder(1, "photos", "..")]

    def test_two_catalogs_have_two_identities(
        self, catalog: Catalog, tmp_path: Path, reopen: Callable[..., Catalog]
    ) -> None:
        assert reopen(tmp_path / "other.sqlite", create=True).identity != catalog.identity

    def test_a_missing_catalog_is_an_error_and_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(CollectionError, match="there is no catalog"):
            Catalog(tmp_path / "none.sqlite")
        assert not (tmp_path / "none.sqlite").exists()

    @pytest.mark.parametrize("create", [True, False])
    @pytest.mark.parametrize("size", [20, 5000])
    def test_garbage_is_a_damaged_catalog_and_is_left_as_it_is(self, tmp_path: Path, create: bool, size: int) -> None:
        path = tmp_path / "catalog.sqlite"
        garbage = np.random.default_rng(0).bytes(size)
        path.write_bytes(garbage)
        with pytest.raises(CatalogDamagedError, match="photos are untouched"):
            Catalog(path, create=create)
        assert path.read_bytes() == garbage

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_a_cut_file_is_a_damaged_catalog(self, filled: Catalog, share: float) -> None:
        with filled.writing() as writer:
            for number in range(200):
                writer.put_photo(state(f"more/{number}.jpg"), DETAILS, vector(number), reader_version=1)
        filled.checkpoint()
        filled.close()
        os.truncate(filled.path, int(filled.path.stat().st_size * share))
        with pytest.raises(CatalogDamagedError, match="run 'twinlens repair"):  # noqa: PT012
            cut = Catalog(filled.path)
            try:
                cut.files.all()
                assert cut.integrity_faults() == []
            finally:
                cut.close()

    def test_damage_inside_the_file_is_found_by_the_check(
        self, filled: Catalog, reopen: Callable[..., Catalog]
    ) -> None:
        with filled.writing() as writer:
            for number in range(300):
                writer.put_photo(state(f"more/{number}.jpg"), DETAILS, vector(number), reader_version=1)
        filled.checkpoint()
        filled.close()
        data = bytearray(filled.path.read_bytes())
        middle = len(data) // 2 // 4096 * 4096
        data[middle : middle + 4096] = np.random.default_rng(1).bytes(4096)
        filled.path.write_bytes(data)
        try:
            faults = reopen().integrity_faults()
        except CatalogDamagedError:
            return
        assert faults

    def test_the_catalog_of_a_later_version_is_refused_and_left_alone(self, filled: Catalog) -> None:
        filled.close()
        with closing(sqlite3.connect(filled.path)) as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        known = f"schema {SCHEMA_VERSION + 1}, this release has {SCHEMA_VERSION}"
        with pytest.raises(CollectionError, match=rf"newer twinlens: {known}; *update twinlens") as caught:
            Catalog(filled.path)
        assert not isinstance(caught.value, CatalogDamagedError)
        with closing(sqlite3.connect(filled.path)) as connection:
            assert connection.execute("SELECT count(*) FROM photos").fetchone() == (3,)

    def test_the_database_of_another_program_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "catalog.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
        with pytest.raises(CatalogDamagedError):
            Catalog(path, create=True)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]

    def test_an_empty_file_becomes_a_catalog(self, tmp_path: Path, reopen: Callable[..., Catalog]) -> None:
        (tmp_path / "catalog.sqlite").touch()  # what a run leaves that was killed at once
        assert reopen().count() == 0

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
    def test_a_catalog_that_cannot_be_opened_leaves_no_file_open(self, tmp_path: Path) -> None:
        path = tmp_path / "catalog.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(CollectionError) as caught:
            Catalog(path)
        links = Path("/proc/self/fd").iterdir()
        assert caught.value  # held until here, as an interface that shows the message does
        assert str(path) not in [str(link.readlink()) for link in links if link.is_symlink()]

    def test_a_catalog_that_another_is_making_is_waited_for(
        self, tmp_path: Path, reopen: Callable[..., Catalog]
    ) -> None:
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite", check_same_thread=False)) as other:
            other.execute("BEGIN EXCLUSIVE")
            release = threading.Timer(0.3, other.rollback)
            release.start()
            assert reopen(create=True).count() == 0
            release.join()

    def test_a_catalog_that_stays_locked_is_said_to_be(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.1)
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(CollectionBusyError, match="locked by another process"):
                Catalog(tmp_path / "catalog.sqlite", create=True)

    def test_many_may_make_the_same_catalog_at_once(self, tmp_path: Path) -> None:
        for attempt in range(40):
            path = tmp_path / str(attempt) / "catalog.sqlite"
            path.parent.mkdir()
            together, found = threading.Barrier(6), []

            def make(path: Path = path, together: threading.Barrier = together, found: list = found) -> None:
                together.wait()
                try:
                    one = Catalog(path, create=True)
                    found.append(one.identity)
                    one.close()
                except CollectionError as error:
                    found.append(str(error))

            threads = [threading.Thread(target=make) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(found) == 6
            assert len(set(found)) == 1, found


class TestWriting:
    def test_a_photo_is_read_back_as_it_was_written(self, filled: Catalog) -> None:
        found = filled.vector_of_content(b"a" * 16)
        assert found is not None
        (embedding, features), details, _ = found
        np.testing.assert_array_equal(embedding, vector(1).embedding)
        np.testing.assert_array_equal(features, vector(1).features)
        assert (embedding.dtype, details) == (np.float32, DETAILS)
        np.testing.assert_array_equal(filled.embedding(1), vector(1).embedding)

    def test_features_are_kept_in_half_precision(self, filled: Catalog) -> None:
        exact = np.array([1 / 3, 1e-3, 200.7], dtype=np.float32)
        with filled.writing() as writer:
            writer.put_photo(
                state("d.jpg", content=b"d" * 16), DETAILS, vector()._replace(features=exact), reader_version=1
            )
        found = filled.vector_of_content(b"d" * 16)
        assert found is not None
        np.testing.assert_allclose(found[0].features, exact, rtol=2**-11)

    def test_a_model_without_features_is_possible(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.put_photo(state("d.jpg", content=b"d" * 16), DETAILS, vector(4, features=False), reader_version=1)
        found = filled.vector_of_content(b"d" * 16)
        assert found is not None
        assert found[0].features is None

    def test_a_transaction_that_fails_changes_nothing(self, filled: Catalog) -> None:
        before = contents(filled)
        with pytest.raises(KeyboardInterrupt), filled.writing() as writer:  # noqa: PT012
            writer.put_photo(state("a.jpg"), DETAILS, vector(9), reader_version=1)
            writer.remove(2)
            raise KeyboardInterrupt
        assert contents(filled) == before
        with filled.writing() as writer:  # and the catalog is not stuck
            writer.remove(2)
        assert filled.count() == 1

    def test_every_change_is_a_new_generation(self, filled: Catalog) -> None:
        for expected in (2, 3):
            with filled.writing():
                pass
            assert filled.generation == expected

    def test_a_path_keeps_its_id_when_its_content_changes(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.put_photo(
                state("a.jpg", content=b"z" * 16, size=77), PhotoDetails(5, 5), vector(7), reader_version=1
            )
        known = filled.files.at(1, "a.jpg")
        assert known is not None
        assert (known.id, known.size_bytes, known.content_hash) == (1, 77, b"z" * 16)
        np.testing.assert_array_equal(filled.embedding(1), vector(7).embedding)
        assert filled.vector_of_content(b"a" * 16) is None

    def test_a_photo_that_became_unreadable_loses_its_vector(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.put_skipped(state("a.jpg", content=b"y" * 16), "not an image", reader_version=1)
        assert (filled.count(), filled.embedding(1), filled.id_of(1, "a.jpg")) == (1, None, None)
        assert filled.skipped() == [(1, "a.jpg", "not an image"), (1, "c.jpg", "empty file")]
        assert filled.changes_since(1).removed.tolist() == [1]

    def test_a_file_that_became_readable_is_a_photo(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.put_photo(state("c.jpg"), DETAILS, vector(3), reader_version=1)
        assert (filled.count(), filled.skipped(), filled.id_of(1, "c.jpg")) == (3, [], 3)

    def test_touch_changes_size_and_date_only(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.touch(1, FileState(1, "a.jpg", 11, 2_000, b"a" * 16))
        known = filled.files.at(1, "a.jpg")
        assert known is not None
        assert (known.size_bytes, known.mtime_ns, known.content_hash) == (11, 2_000, b"a" * 16)
        assert filled.changes_since(1).added.tolist() == []

    def test_rename_keeps_id_and_vector(self, filled: Catalog) -> None:
        filled.add_folder("more", "/more")
        with filled.writing() as writer:
            writer.rename(1, FileState(2, "new/name.jpg", 10, 3_000, b"a" * 16))
        assert (filled.id_of(1, "a.jpg"), filled.id_of(2, "new/name.jpg")) == (None, 1)
        np.testing.assert_array_equal(filled.embedding(1), vector(1).embedding)
        assert filled.changes_since(1).added.tolist() == filled.changes_since(1).removed.tolist() == []

    def test_the_id_of_a_removed_photo_is_never_used_again(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.remove(2)
            writer.remove(3)
        with filled.writing() as writer:
            writer.put_photo(state("new.jpg"), DETAILS, vector(5), reader_version=1)
        assert filled.id_of(1, "new.jpg") == 4
        assert filled.integrity_faults() == []

    def test_meta_is_kept_all_or_none(self, filled: Catalog) -> None:
        filled.set_meta({"model": "default", "dim": "8"})
        with pytest.raises(CollectionError):
            filled.set_meta({"model": "other", "dim": None})  # type: ignore[dict-item]
        assert (filled.meta("model"), filled.meta("dim"), filled.meta("nothing")) == ("default", "8", None)


class TestChanges:
    def test_changes_are_told_since_any_generation(self, filled: Catalog) -> None:
        with filled.writing() as writer:  # 2
            writer.remove(1)
        with filled.writing() as writer:  # 3
            writer.put_photo(state("d.jpg"), DETAILS, vector(4), reader_version=1)
            writer.remove(3)  # had no vector
        told = {since: filled.changes_since(since) for since in range(4)}
        assert {since: changes.added.tolist() for since, changes in told.items()} == {0: [2, 4], 1: [4], 2: [4], 3: []}
        assert {since: changes.removed.tolist() for since, changes in told.items()} == {0: [1], 1: [1], 2: [], 3: []}

    def test_a_photo_that_went_and_came_back_at_its_path_is_added_not_removed(self, filled: Catalog) -> None:
        with filled.writing() as writer:
            writer.put_skipped(state("a.jpg"), "not an image", reader_version=1)
        with filled.writing() as writer:
            writer.put_photo(state("a.jpg"), DETAILS, vector(8), reader_version=1)
        changes = filled.changes_since(1)
        assert (changes.added.tolist(), changes.removed.tolist()) == ([1], [])

    @pytest.mark.parametrize("block", [1, 2, 3, 100])
    def test_embeddings_come_in_blocks(self, filled: Catalog, block: int) -> None:
        with filled.writing() as writer:
            for number in range(5):
                writer.put_photo(state(f"{number}.jpg"), DETAILS, vector(number), reader_version=1)
        ids = filled.select_ids()
        parts = list(filled.embeddings(ids, block=block))
        assert np.concatenate([part for part, _ in parts]).tolist() == ids.tolist()
        rows = np.concatenate([rows for _, rows in parts])
        np.testing.assert_array_equal(rows, [filled.embedding(int(photo)) for photo in ids])

    def test_embeddings_of_photos_that_have_gone_are_left_out(self, filled: Catalog) -> None:
        parts = list(filled.embeddings(np.array([1, 2, 900]), block=2))
        assert [part.tolist() for part, _ in parts] == [[1, 2]]


class TestReading:
    def test_known_files_tell_what_was_seen(self, filled: Catalog) -> None:
        known = filled.files.all()
        assert set(known) == {(1, "a.jpg"), (1, "b/b.jpg"), (1, "c.jpg")}
        assert known[1, "c.jpg"] == filled.files.at(1, "c.jpg") == (3, 10, 1_000, b"c" * 16, "empty file", 1)
        assert filled.files.at(2, "a.jpg") is None

    def test_photos_come_by_id(self, filled: Catalog) -> None:
        found = filled.photos([2, 1, 77])
        assert set(found) == {1, 2}
        assert (found[1].path, found[1].taken_at, found[2].taken_at) == ("a.jpg", "2023-06-30T12:00:00", None)

    def test_photos_may_be_asked_for_by_the_thousand(self, filled: Catalog) -> None:
        assert set(filled.photos(range(1, 2500))) == {1, 2, 3}

    def test_ids_are_selected_among_searchable_photos(self, filled: Catalog) -> None:
        assert filled.select_ids().tolist() == [1, 2]
        assert filled.select_ids(Condition("path > ?", ("b",))).tolist() == [2]

    def test_a_photo_without_vector_is_a_fault(self, filled: Catalog) -> None:
        assert filled.integrity_faults() == []
        with filled.transaction() as connection:
            connection.execute("DELETE FROM vectors WHERE photo_id = 1")
        assert filled.integrity_faults() == ["1 photo has no vector"]


class TestSharing:
    def test_threads_share_one_catalog(self, filled: Catalog) -> None:
        counts: list[int] = []
        threads = [threading.Thread(target=lambda: counts.append(filled.count())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [2] * 8

    def test_a_reader_sees_the_last_commit_while_another_writes(
        self, filled: Catalog, reopen: Callable[..., Catalog]
    ) -> None:
        reader = reopen()
        with filled.writing() as writer:
            writer.remove(1)
            assert reader.count() == 2
        assert reader.count() == 1

    def test_a_second_writer_is_told_that_the_catalog_is_locked(
        self, filled: Catalog, reopen: Callable[..., Catalog], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.05)
        other = reopen()
        with filled.writing(), pytest.raises(CollectionBusyError, match="locked by another process"), other.writing():
            pass

    def test_a_copy_of_the_file_is_complete_after_a_checkpoint(
        self, filled: Catalog, tmp_path: Path, reopen: Callable[..., Catalog]
    ) -> None:
        filled.checkpoint()
        shutil.copy(filled.path, tmp_path / "copy.sqlite")
        copy = reopen(tmp_path / "copy.sqlite")
        assert contents(copy) == contents(filled)

    def test_closing_twice_is_harmless(self, filled: Catalog) -> None:
        before = contents(filled)
        filled.close()
        filled.close()
        assert contents(filled) == before  # a closed catalog opens again at its next use


class TestReadOnly:
    @pytest.mark.parametrize("name", ["plain", "with space", "50% #1?"])
    def test_a_read_only_catalog_writes_nothing_at_all(
        self, filled: Catalog, tmp_path: Path, name: str, reopen: Callable[..., Catalog]
    ) -> None:
        filled.checkpoint()
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(filled.path, folder / "catalog.sqlite")
        seen = reopen(folder / "catalog.sqlite", read_only=True)
        assert (seen.count(), seen.generation) == (2, 1)
        np.testing.assert_array_equal(seen.embedding(2), vector(2).embedding)
        with pytest.raises(CollectionError, match="cannot be written"), seen.writing():
            pass
        assert [file.name for file in folder.iterdir()] == ["catalog.sqlite"]

    def test_an_empty_read_only_catalog_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "catalog.sqlite").touch()
        with pytest.raises(CollectionError, match="empty and cannot be written"):
            Catalog(tmp_path / "catalog.sqlite", read_only=True)


class TestFullDisk:
    def test_a_full_disk_is_named_and_what_was_committed_is_intact(
        self, filled: Catalog, reopen: Callable[..., Catalog]
    ) -> None:
        before = contents(filled)
        with filled.transaction() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(DiskFullError, match=r"no space left.*indexed before is safe"), filled.writing() as writer:  # noqa: PT012
            for number in range(2000):
                writer.put_photo(state(f"more/{number}.jpg"), DETAILS, vector(number), reader_version=1)
        assert contents(filled) == before
        assert reopen().integrity_faults() == []
        connection.execute("PRAGMA max_page_count = 1000000")
        with filled.writing() as writer:
            for number in range(2000):
                writer.put_photo(state(f"more/{number}.jpg"), DETAILS, vector(number), reader_version=1)
        assert (filled.count(), filled.integrity_faults()) == (2002, [])
