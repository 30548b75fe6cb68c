import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from twinlens.collection.catalog.database import Database
from twinlens.errors import CatalogDamagedError, CollectionError, CollectionMissingError


@pytest.fixture
def database(tmp_path: Path):
    made = Database(tmp_path / "one.sqlite", create=True)
    with made.transaction() as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    yield made
    made.close()


def numbers(database: Database) -> list[int]:
    return [row[0] for row in database.rows("SELECT n FROM numbers ORDER BY n")]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert numbers(database) == []


def test_a_transaction_inside_another_is_a_part_of_it(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as outer:
            outer.execute("INSERT INTO numbers VALUES (1)")
            with database.transaction() as inner:
                inner.execute("INSERT INTO numbers VALUES (2)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert numbers(database) == []


def test_a_snapshot_sees_one_state_while_another_thread_writes(database: Database) -> None:
    def write() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO numbers VALUES (7)")

    with database.snapshot():
        before = numbers(database)
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert numbers(database) == before == []
    assert numbers(database) == [7]


def test_each_thread_has_a_connection_of_its_own_and_close_closes_them_all(database: Database) -> None:
    seen = []
    thread = threading.Thread(target=lambda: seen.append(numbers(database)))
    thread.start()
    thread.join()
    assert seen == [[]]
    database.close()
    with sqlite3.connect(database.path) as other:
        other.execute("PRAGMA journal_mode = DELETE")  # refused while another connection is open
    other.close()


def test_tables_are_known_by_name(database: Database) -> None:
    assert database.has_table("numbers")
    assert not database.has_table("letters")


def test_sqlites_errors_become_ours(database: Database, tmp_path: Path) -> None:
    with pytest.raises(CatalogDamagedError, match="no such table"):
        database.rows("SELECT 1 FROM photos")
    with pytest.raises(CollectionError, match="cannot be used: no such table: letters"):
        database.rows("SELECT 1 FROM letters")
    with pytest.raises(CollectionError, match="cannot be used"):
        database.rows("SELECT nonsense FROM numbers")
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to be looked at" * 50)
    garbage = Database(tmp_path / "text.sqlite", read_only=True)
    with pytest.raises(CatalogDamagedError, match="your photos are untouched"):
        garbage.rows("SELECT 1 FROM sqlite_master")
    garbage.close()


def test_reading_only_makes_no_file_beside_it(database: Database) -> None:
    database.checkpoint()
    database.close()
    reader = Database(database.path, read_only=True)
    assert numbers(reader) == []
    with pytest.raises(CollectionError), reader.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    reader.close()
    assert [file.name for file in database.path.parent.iterdir()] == ["one.sqlite"]


def test_a_reader_that_cannot_write_sees_what_others_write_later(database: Database) -> None:
    database.checkpoint()
    database.close()
    reader = Database(database.path, read_only=True)
    assert numbers(reader) == []
    for number in (1, 2):  # a run that begins and ends, and another one that goes on
        writer = Database(database.path)
        with writer.transaction() as connection:
            connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        assert numbers(reader) == list(range(1, number + 1))
        if number == 1:
            writer.close()
            assert numbers(reader) == [1]
    with writer.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (3)")
    assert numbers(reader) == [1, 2, 3]
    writer.close()
    reader.close()


def test_a_file_that_was_taken_away_is_missing_and_no_empty_one_is_made(database: Database, tmp_path: Path) -> None:
    database.keep_existing()
    away = tmp_path / "away.sqlite"
    database.path.rename(away)
    for _ in range(2):
        with pytest.raises(CollectionMissingError, match="no longer there"):
            numbers(database)
        with pytest.raises(CollectionMissingError), database.transaction():
            pass
        database.close()  # the second time without an open connection
    assert not database.path.exists()
    away.rename(database.path)
    assert numbers(database) == []


def test_another_file_at_the_place_is_opened_anew(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    database.checkpoint()
    shutil.copy(database.path, tmp_path / "copy.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (2)")
    first = database.file_id
    (tmp_path / "copy.sqlite").replace(database.path)
    for beside in ("-wal", "-shm"):
        database.path.with_name(database.path.name + beside).unlink()
    assert database.file_id != first
    assert numbers(database) == [1]


@pytest.mark.parametrize("name", ["with space", "100% #1?", "ümlaut 😀"])
def test_a_place_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    made = Database(tmp_path / name / "one.sqlite", create=True)
    with made.transaction() as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    assert numbers(made) == []
    assert made.path.is_file()
    made.close()


def test_after_a_fault_of_the_disk_the_file_is_opened_anew(database: Database) -> None:
    with database.transaction() as before:
        pass
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR  # as a disk that was pulled out gives it
    with pytest.raises(CollectionError, match="disk I/O error"), database.errors():
        raise fault
    assert numbers(database) == []
    with database.transaction() as after:
        assert after is not before
