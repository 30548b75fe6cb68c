"""Catalogs on file systems where a write-ahead log is not safe."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.sqlite import journal
from twinlens.collection.catalog.sqlite.file_system import FileSystem, Reach
from twinlens.collection.catalog.sqlite.journal import journal_for, journal_works
from twinlens.errors import CollectionError

SHARED = FileSystem("fuse.shfs", Reach.SHARED)
# the other process of a test: two rows a commit
WRITER = """
import sys
from pathlib import Path
from twinlens.collection.catalog.sqlite import journal
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.sqlite.file_system import FileSystem, Reach
journal.file_system_of = lambda path: FileSystem("fuse.shfs", Reach.SHARED)
database = Database(Path(sys.argv[1]), create=True)
for number in range(100):
    with database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
"""


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """All folders are on a file system that other machines may use."""
    monkeypatch.setattr(journal, "file_system_of", lambda path: SHARED)


@pytest.fixture
def database(tmp_path: Path, shared: None):
    made = Database(tmp_path / "one.sqlite", create=True)
    with made.transaction() as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    yield made
    made.close()


def modes(database: Database) -> tuple[str, str, int]:
    names = ("journal_mode", "locking_mode", "synchronous")
    return tuple(database.rows(f"PRAGMA {name}")[0][0] for name in names)  # type: ignore[return-value]


def test_a_file_on_a_shared_file_system_has_a_rollback_journal(database: Database, tmp_path: Path) -> None:
    assert modes(database) == ("delete", "normal", 2)
    database.checkpoint()
    assert [file.name for file in tmp_path.iterdir()] == ["one.sqlite"]


def test_a_file_on_a_local_one_has_a_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "file_system_of", lambda path: FileSystem("ext4", Reach.LOCAL))
    database = Database(tmp_path / "one.sqlite", create=True)
    assert modes(database) == ("wal", "normal", 1)
    database.close()


@pytest.mark.usefixtures("shared")
def test_a_file_that_was_copied_to_a_share_changes_its_journal(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "one.sqlite") as earlier:
        earlier.execute("PRAGMA journal_mode = WAL")
        earlier.execute("CREATE TABLE numbers (n INTEGER)")
        earlier.execute("INSERT INTO numbers VALUES (7)")
    earlier.close()
    database = Database(tmp_path / "one.sqlite", create=True)
    assert database.rows("SELECT n FROM numbers") == [(7,)]
    assert modes(database)[:2] == ("delete", "normal")
    other = sqlite3.connect(tmp_path / "one.sqlite", timeout=0)
    with other:
        other.execute("INSERT INTO numbers VALUES (8)")  # no lock was left
    other.close()
    assert len(database.rows("SELECT n FROM numbers")) == 2
    database.close()


def test_reading_goes_on_while_another_process_writes(database: Database) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(database.path)])
    seen = set()
    while writer.poll() is None:
        with database.snapshot():
            count = database.rows("SELECT count(*) FROM numbers")[0][0]
            assert count % 2 == 0
            assert database.rows("SELECT count(*) FROM numbers")[0][0] == count
        seen.add(count)
    assert writer.returncode == 0
    assert database.rows("SELECT count(*) FROM numbers")[0][0] == 200
    assert len(seen) > 1


def test_a_reader_without_the_right_to_write_sees_what_others_commit(database: Database, tmp_path: Path) -> None:
    reader = Database(database.path, read_only=True)
    assert reader.rows("SELECT count(*) FROM numbers") == [(0,)]
    with database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    assert reader.rows("SELECT count(*) FROM numbers") == [(1,)]
    reader.close()
    assert [file.name for file in tmp_path.iterdir()] == ["one.sqlite"]


@pytest.mark.parametrize("kind", ["WAL", "DELETE"])
def test_two_processes_are_tried_on_a_file_system_that_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: journal.Journal
) -> None:
    monkeypatch.setattr(journal, "file_system_of", lambda path: FileSystem("unknown", Reach.UNKNOWN))
    assert journal_works(tmp_path, kind)
    assert journal_for(tmp_path) == "WAL"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("shared")
def test_locks_that_keep_nobody_out_are_an_error_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the second process is not kept out, as where locks do nothing
    monkeypatch.setattr(journal, "_SECOND", journal._SECOND.replace("BEGIN IMMEDIATE", "SELECT 1"))
    database = Database(tmp_path / "one.sqlite", create=True)
    with pytest.raises(CollectionError, match=r"file system \(fuse.shfs\) whose file locks do not work"):
        database.rows("SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_file_system_without_shared_memory_gets_a_rollback_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "file_system_of", lambda path: FileSystem("unknown", Reach.UNKNOWN))
    monkeypatch.setattr(journal, "journal_works", lambda folder, kind: kind == "DELETE")
    database = Database(tmp_path / "one.sqlite", create=True)
    assert modes(database)[0] == "delete"
    database.close()


def test_nothing_in_the_current_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sqlite3.py").write_text("open('was_run', 'w')")
    monkeypatch.chdir(tmp_path)
    assert journal_works(tmp_path, "WAL")
    assert not (tmp_path / "was_run").exists()
