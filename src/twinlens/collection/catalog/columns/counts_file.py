"""The numbers of a large library, kept in a file beside its catalog: to count a million photos takes seconds.

Only what has changed since is counted again. The file is derived: without it, or where it is of another catalog or
damaged, everything is counted.
"""

import json
import logging
import sqlite3
import zlib
from collections.abc import Mapping
from pathlib import Path

from twinlens.collection.catalog.columns.counts import Counts, Key, counts_of
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
FILE = "counts.json"
VERSION = 1  # of what is counted
LARGE = 20_000  # photos that are counted in some 0.1 s
BEHIND = 64  # generations by which the file may be behind: to count what they changed takes some ms


class CountsFile:
    """Reads and writes the file; for one ``KeptColumn``.

    Args:
        path: of the file.
        writable: False for a medium that cannot be written.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path, self._writable = path, writable
        self._generation: int | None = None  # of the file, as far as this process knows

    def read(self, identity: str) -> tuple[int, Counts] | None:
        """A generation of a catalog, and the numbers then; None if they are not known."""
        try:
            with self._path.open(encoding="utf-8") as file:
                told, body = json.loads(file.readline()), file.readline()
            if told["owner"] != _owner(identity):
                return None
            if told["checksum"] != zlib.crc32(body.encode(), int(told["generation"])):
                raise ValueError("its checksum is wrong")
            blocks = {int(number): _flat(kinds) for number, kinds in json.loads(body).items()}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError) as error:
            logger.warning("%s is damaged (%s) and is written again", self._path, error)
            return None
        self._generation = int(told["generation"])
        return self._generation, counts_of(blocks)

    def fits(self, connection: sqlite3.Connection, counts: Counts) -> bool:
        """Whether the numbers can be those of a catalog: not after a backup was put in its place, for example."""
        skipped = "SELECT count(*) FROM photos WHERE skip_reason IS NOT NULL"
        photos = connection.execute(f"SELECT (SELECT count(*) FROM photos) - ({skipped})").fetchone()[0]
        return bool(photos == counts.number("photos"))

    def keep(self, identity: str, generation: int, counts: Counts) -> None:
        """Writes the file, if the library is large and the file far behind."""
        known = self._generation
        if not self._writable or counts.number("photos") < LARGE:
            return
        if known is not None and known <= generation < known + BEHIND:
            return
        body = json.dumps({number: _nested(block) for number, block in counts.blocks.items()}) + "\n"
        told = {
            "owner": _owner(identity),
            "generation": generation,
            "checksum": zlib.crc32(body.encode(), generation),
        }
        self._generation = generation  # also if it cannot be written: it is not tried again at every change
        try:
            with whole_file(self._path) as place:
                place.write_text(json.dumps(told) + "\n" + body, encoding="utf-8")
        except OSError as error:
            logger.debug("%s cannot be written: %s", self._path, error)


def _owner(identity: str) -> str:
    return f"{identity}/{VERSION}"


def _nested(block: Mapping[Key, int]) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for (kind, value), number in block.items():
        kinds.setdefault(kind, {})[value] = number
    return kinds


def _flat(kinds: dict[str, dict[str, int]]) -> dict[Key, int]:
    return {(kind, value): int(number) for kind, values in kinds.items() for value, number in values.items()}
