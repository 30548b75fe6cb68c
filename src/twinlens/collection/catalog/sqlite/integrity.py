"""Check that a catalog's file is intact: within a time budget when it is opened, fully when it is indexed."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from twinlens.collection.catalog.database import Database, damaged
from twinlens.errors import CatalogDamagedError, CollectionError
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
CHECKED = "checked.json"  # beside the catalog: its size and date when all of it was last found intact
AS_LEFT = "as-left.json"  # the same of a large one when it was checked in part, or when we last changed it ourselves
FULLY = "checked.fully.json"  # when a very large one was last checked as a whole
MOST_CHARACTERS = 160  # of a fault; SQLite lists every cell of a damaged page
KEPT = "catalog-damaged-"  # start of the names of damaged catalogs that were kept
VERY_LARGE_BYTES = 1_000_000_000  # whose check takes longer than most index runs; a minute for a million photos
CHECKED_DAYS = 7.0  # a very large one that we change ourselves is then checked again
QUICK_BYTES = 64_000_000  # SQLite checks a megabyte in 2 ms; of a larger file the tables of vectors are left out


def check_at_open(database: Database) -> bool:
    """Checks a catalog unless it is as it was when last checked; returns whether all of it is known to be intact.

    Raises:
        CatalogDamagedError: it is damaged.
    """
    before = _state(database.path)
    if before == _read_state(database.path):
        return True
    if before["size_bytes"] > QUICK_BYTES:
        if (was_whole := _as_left(database.path, before)) is not None:
            return was_whole
        _refuse(database, [fault for table in _light_tables(database) for fault in structure_faults(database, table)])
        _leave(database, before, is_whole=False)
        return False
    _refuse(database, structure_faults(database))
    _write_state(database, before)
    return True


def check_fully(database: Database, *, only_small: bool = False) -> None:
    """Checks all of a catalog, unless it is as it was when last checked.

    Args:
        database: the catalog.
        only_small: leave a large one alone, whose check takes seconds.

    Raises:
        CatalogDamagedError: it is damaged.
    """
    if database.is_served:
        return
    before = _state(database.path)
    if only_small and before["size_bytes"] > QUICK_BYTES:
        return
    if before != _read_state(database.path):
        _refuse(database, structure_faults(database))
        _write_state(database, before)
        if before["size_bytes"] > VERY_LARGE_BYTES and not database.read_only:
            _put_state(database.path, {"at": time.time()}, FULLY)


def is_check_due(database: Database) -> bool:
    """Whether to check a catalog after we have changed it, although it was intact before."""
    found, now = _read_state(database.path, FULLY), time.time()
    if _state(database.path)["size_bytes"] <= VERY_LARGE_BYTES or not isinstance(found, dict):
        return True
    at = found.get("at")
    return not isinstance(at, float) or not now - CHECKED_DAYS * 86_400 < at <= now


def is_known_intact(database: Database) -> bool:
    """Whether a catalog is as it was when all of it was last found intact."""
    return not database.is_served and _state(database.path) == _read_state(database.path)


@contextmanager
def known_afterwards(database: Database) -> Iterator[None]:
    """Around what we change in a large catalog ourselves: what was known of it before is known afterwards.

    So the next to open it need not check it. An index run does, before and after its work.
    """
    before = _found_state(database.path)
    if before is None or before["size_bytes"] <= QUICK_BYTES:
        yield
        return
    was_whole = before == _read_state(database.path) or _as_left(database.path, before)
    yield
    now = _found_state(database.path)
    if was_whole is not None and now is not None and now != before:
        _leave(database, now, is_whole=was_whole)


def _as_left(path: Path, state: dict[str, int]) -> bool | None:
    """Whether all of a large catalog was intact when we left it in a state; None if we did not leave it so."""
    left = _read_state(path, AS_LEFT)
    if not isinstance(left, dict) or left.get("state") != state:
        return None
    return left.get("is_whole") is True


def _leave(database: Database, state: dict[str, int], *, is_whole: bool) -> None:
    if not database.read_only:
        _put_state(database.path, {"state": state, "is_whole": is_whole}, AS_LEFT)


def remember_intact(database: Database) -> None:
    """Notes that a catalog is intact as it is now, so that it is opened without a check.

    For one that was intact before this process changed a little of it: the next run that looks at everything checks it.
    """
    _write_state(database, _state(database.path))


def structure_faults(database: Database, table: str | None = None) -> list[str]:
    """Problems in the file, or in one table and its indexes; empty if there are none."""
    if database.is_served:  # a server watches over its own files
        return []
    argument = "5" if table is None else f"'{table}'"
    try:
        # not "quick_check", which does not notice a row that was overwritten: its index entries differ
        rows = database.rows(f"PRAGMA integrity_check({argument})")
    except CatalogDamagedError as error:
        return [str(error.__cause__ or error)]
    faults = [" ".join(str(fault).split())[:MOST_CHARACTERS] for (fault,) in rows if fault != "ok"]
    return faults or _text_faults(database, table)


def _text_faults(database: Database, table: str | None) -> list[str]:
    """Texts that no text of ours can be: SQLite does not look at their characters."""
    columns: dict[str, list[str]] = {}
    for name, column in database.rows(
        "SELECT sqlite_master.name, info.name FROM sqlite_master, pragma_table_info(sqlite_master.name) AS info "
        "WHERE sqlite_master.type = 'table' AND info.type = 'TEXT'"
    ):
        columns.setdefault(name, []).append(f'"{column}"')
    faults = []
    for name in columns if table is None else columns.keys() & {table}:
        try:
            if any("\0" in "".join(filter(None, row)) for row in database.each_row(_select(name, columns[name]))):
                faults.append(f"a text in the table {name} contains zeros")
        except CatalogDamagedError as error:
            faults.append(f"a text in the table {name} is none: {error.__cause__}")
    return faults


def _select(table: str, columns: Sequence[str]) -> str:
    return f'SELECT {", ".join(columns)} FROM "{table}"'


def _light_tables(database: Database) -> list[str]:
    rows = database.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '% embedding %'")
    return [name for (name,) in rows if not name.startswith("sqlite_")]


def _refuse(database: Database, faults: list[str]) -> None:
    if faults:
        raise CatalogDamagedError(damaged(database.path, faults[0]))


def _state(path: Path) -> dict[str, int]:
    found = path.stat()
    return {"size_bytes": found.st_size, "mtime_ns": found.st_mtime_ns}


def _found_state(path: Path) -> dict[str, int] | None:
    try:
        return _state(path)
    except OSError:
        return None


def _read_state(path: Path, name: str = CHECKED) -> object:
    try:
        return json.loads(path.with_name(name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last if it is nested without end
        return None


def _write_state(database: Database, state: dict[str, int]) -> None:
    if database.read_only or not database.rows("SELECT 1 FROM photos LIMIT 1"):  # an unused collection is removed again
        return
    _put_state(database.path, state, CHECKED)


def _put_state(catalog: Path, state: object, name: str) -> None:
    file = catalog.with_name(name)
    try:
        with whole_file(file) as place:
            place.write_text(json.dumps(state), encoding="utf-8")
    except OSError as error:
        logger.debug("%s cannot be written: %s", file, error)


def was_used(place: Path) -> bool:
    """Whether files beside a catalog show that it once had photos."""
    signs = (CHECKED, "exact/stamp.json", "captions/stamp.json")
    return any((place / sign).is_file() for sign in signs) or any(place.glob(f"{KEPT}*"))


def refuse_emptied(path: Path) -> None:
    """Refuses to start a new catalog in place of one that was lost.

    Raises:
        CatalogDamagedError: the file is empty or missing, but the collection was used.
    """
    try:
        is_lost = path.stat().st_size == 0  # even with a log: SQLite writes the first page before it begins one
        why = "it is empty (0 bytes)"
    except FileNotFoundError:
        is_lost, why = True, "it is missing"
    except OSError as error:
        raise CollectionError(f"the catalog {path} cannot be opened: {error.strerror or error}") from error
    if is_lost and was_used(path.parent):
        raise CatalogDamagedError(damaged(path, f"{why}, although photos were indexed here"))
