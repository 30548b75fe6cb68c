"""Choose the journal of an SQLite file: write-ahead log, or rollback journal where that is not safe.

The write-ahead log needs memory shared between the processes that use the file. Machines that share a file
system share none, and some file systems offer none; there SQLite damages the file without a word.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Literal

from twinlens.collection.catalog.sqlite.file_system import Reach, file_system_of
from twinlens.errors import CollectionError

Journal = Literal["WAL", "DELETE"]
PROBE_S = 30.0  # for two processes to write one row each
# the second process: it sees the first one's row, is kept out while that one writes, and writes a row itself
_SECOND = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
print([row[0] for row in connection.execute("SELECT n FROM probe")], flush=True)
try:
    connection.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error.sqlite_errorcode & 0xFF, flush=True)
sys.stdin.readline()
connection.execute("INSERT INTO probe VALUES (2)")
print("written", flush=True)
sys.stdin.readline()
"""


def journal_for(folder: Path) -> Journal:
    """The journal that is safe for a file in a folder.

    A file system whose reach is unknown is tried out; a trial cannot show that two machines
    see the same, so one that may be shared never gets a write-ahead log.
    """
    reach = file_system_of(folder.resolve()).reach
    if reach is Reach.UNKNOWN:
        return "WAL" if journal_works(folder, "WAL") else "DELETE"
    return "WAL" if reach is Reach.LOCAL else "DELETE"


def check_locks(folder: Path) -> None:
    """Checks that locks keep processes apart in a folder where a new SQLite file is to be made.

    Raises:
        CollectionError: they do not.
    """
    if os.access(folder, os.W_OK) and not journal_works(folder, "DELETE"):
        raise CollectionError(
            f"{folder} is on a file system ({file_system_of(folder.resolve()).name}) whose file locks do not work, "
            "and a catalog there could be damaged; use --collection DIR with a folder on a disk of this machine"
        )


@cache
def journal_works(folder: Path, journal: Journal) -> bool:
    """Tries whether two processes of this machine can share an SQLite file in a folder."""
    try:
        with tempfile.TemporaryDirectory(prefix=".twinlens-probe-", dir=folder) as place:
            return _two_processes_agree(Path(place) / "probe.sqlite", journal)
    except (OSError, sqlite3.Error, subprocess.SubprocessError):  # whatever fails here would fail later
        return False


def _two_processes_agree(file: Path, journal: Journal) -> bool:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as first:
        if first.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0].upper() != journal:
            return False
        first.execute("CREATE TABLE probe (n INTEGER)")
        first.execute("INSERT INTO probe VALUES (1)")
        first.execute("BEGIN IMMEDIATE")
        second = subprocess.Popen(
            # -P: the current folder may contain a file of the name sqlite3.py
            [sys.executable, "-P", "-c", _SECOND, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        hanging = threading.Timer(PROBE_S, second.kill)
        hanging.start()
        with second:
            try:
                assert second.stdin is not None
                assert second.stdout is not None
                seen, kept_out = second.stdout.readline(), second.stdout.readline()
                first.execute("COMMIT")
                second.stdin.write("\n")
                second.stdin.flush()
                second.stdout.readline()
                rows = [row[0] for row in first.execute("SELECT n FROM probe ORDER BY n")]
            finally:
                hanging.cancel()
                second.kill()
        return (seen, kept_out, rows) == ("[1]\n", f"{sqlite3.SQLITE_BUSY}\n", [1, 2])
