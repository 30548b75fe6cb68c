"""Keep a damaged catalog, and put a new one in its place while other processes have it open."""

import os
import re
import shutil
import sqlite3
import time
from datetime import datetime
from pathlib import Path

from twinlens.collection.catalog.database import BUSY_TIMEOUT_S, translated
from twinlens.collection.catalog.repair.salvage import UNREADABLE
from twinlens.collection.catalog.schema import SCHEMA_VERSION, upgrade
from twinlens.collection.catalog.sqlite.integrity import KEPT
from twinlens.errors import CollectionBusyError

PAGE_BYTES = 4096
HEADER_BYTES = 100
_LEAF = 13  # kind of a page without pages below it
_NOT_READ = {
    *("removed", "removed_captions", "next_vectors", "next_captions", "reworded"),
    *("photos_by_hash", "photos_by_generation", "photos_by_date", "photos_without_date", "photos_skipped"),
    *(
        "captions_by_generation",
        "photo_texts",
        "content_details",
        "read_texts",
        "photos_with_beside",
        "feedback_by_subject",
    ),
    *("moments", "removed_moments", "photos_that_last", "moments_by_generation"),
}
_ONLY_WRITING = re.compile(r"\s+(?:REFERENCES \w+\(id\)(?: ON DELETE CASCADE)?\s*|DEFAULT (?:''|\d|\(\w+\('now'\)\)))?")
_FIXED = slice(16, 24)  # page size, versions of the format, and numbers that never change
_SIZES = slice(24, 40)  # change counter, pages, free pages: zeros make SQLite look at the file itself


def keep_copy(path: Path) -> Path | None:
    """Copies a damaged catalog, under a name with the date, and its log; None if there is none."""
    if not path.is_file():
        return None
    stem = f"{KEPT}{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    kept, number = path.with_name(f"{stem}.sqlite"), 2
    while kept.exists():
        kept, number = path.with_name(f"{stem}-{number}.sqlite"), number + 1
    for end in ("-wal", ""):  # the file itself last: a copy without it is not mistaken for one
        if (file := path.with_name(path.name + end)).is_file() and (file.stat().st_size or not end):
            partial = kept.with_name(f"{kept.name}{end}.partial")
            shutil.copy2(file, partial)
            with partial.open("rb+") as copy:
                os.fsync(copy.fileno())
            partial.replace(kept.with_name(kept.name + end))
    return kept


def new_catalog(path: Path, *, version: int = SCHEMA_VERSION) -> sqlite3.Connection:
    """A catalog without rows, of a schema version; safe only once it has been copied elsewhere."""
    target = sqlite3.connect(path, isolation_level=None)
    target.execute("PRAGMA journal_mode = OFF")
    target.execute("PRAGMA synchronous = OFF")
    upgrade(target, to=version)
    target.execute("BEGIN")  # ends in ``put_in_place``
    return target


def new_first_page(sample: Path) -> bytes:
    """The first page of a new catalog, with the list of its tables, in one page whatever their number.

    Tables that are derived or that no repair reads are not in it, nor what SQLite needs for writing alone.

    Args:
        sample: a file to make.
    """
    new = new_catalog(sample)
    new.execute("COMMIT")
    new.execute("PRAGMA writable_schema = ON")
    rows = new.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master ORDER BY rowid").fetchall()
    new.execute("DELETE FROM sqlite_master")
    needed = [row for row in rows if not {row[1], row[2]} & _NOT_READ]
    brief = [(*row, sql and _ONLY_WRITING.sub(" ", sql)) for *row, sql in needed]
    new.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", brief)
    new.close()
    page = sample.read_bytes()[:PAGE_BYTES]
    assert page[HEADER_BYTES] == _LEAF, "the list of tables fits in a page"
    return page


def open_damaged(path: Path, first_page: bytes) -> sqlite3.Connection:
    """Opens a catalog whatever its state, and keeps others from writing it, if it can be locked.

    Args:
        path: the file; its first bytes are written anew if SQLite could not open it.
        first_page: of a new catalog.

    Raises:
        CollectionBusyError: another process is writing it.
    """
    _make_openable(path, first_page)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S)
    connection.execute("PRAGMA writable_schema = ON")  # opens a file that is too short, or has a damaged schema
    try:
        connection.execute("BEGIN IMMEDIATE")
    except UNREADABLE as error:
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            connection.close()
            raise translated(path, error) from error
    return connection


def open_with_new_schema(copy: Path, first_page: bytes) -> sqlite3.Connection:
    """Opens a copy of a catalog whose schema was lost: tables lie where they do in a new catalog."""
    with copy.open("r+b") as file:
        file.write(_header(first_page) + first_page[HEADER_BYTES:])
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def put_in_place(new: sqlite3.Connection, damaged: sqlite3.Connection, path: Path) -> None:
    """Replaces the contents of a catalog in one transaction, which processes that have it open see as any other.

    Raises:
        CollectionBusyError: another process holds a lock on it; nothing was changed.
        CollectionError: it cannot be written, such as on a full disk; nothing was changed.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S

    def check_time(status: int, remaining: int, total: int) -> None:  # noqa: ARG001 — called by sqlite3
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise CollectionBusyError(f"the catalog {path} is in use by another program; stop it and try again")

    new.execute("COMMIT")
    if damaged.in_transaction:
        damaged.execute("ROLLBACK")
    try:
        new.backup(damaged, progress=check_time)
    except sqlite3.Error as error:
        raise translated(path, error) from error


def _make_openable(path: Path, first_page: bytes) -> None:
    path.touch()
    with path.open("r+b") as file:
        found = file.read(HEADER_BYTES)
        if len(found) < HEADER_BYTES:
            file.seek(0)
            file.write(_header(first_page) + _EMPTY_SCHEMA)
        elif found[:16] != first_page[:16] or found[_FIXED] not in (first_page[_FIXED], _in_log(first_page)[_FIXED]):
            file.seek(0)
            file.write(_header(first_page))
        file.flush()
        os.fsync(file.fileno())


_EMPTY_SCHEMA = (b"\x0d" + bytes(4) + PAGE_BYTES.to_bytes(2, "big") + bytes(1)).ljust(PAGE_BYTES - HEADER_BYTES, b"\0")
"""The rest of the first page of a file without tables: a leaf without cells."""


def _in_log(page: bytes) -> bytes:
    """A page that says that the file has a write-ahead log."""
    return page[:18] + b"\x02\x02" + page[20:]


def _header(first_page: bytes) -> bytes:
    page = bytearray(_in_log(first_page))
    page[_SIZES] = bytes(16)
    return bytes(page[:HEADER_BYTES])
