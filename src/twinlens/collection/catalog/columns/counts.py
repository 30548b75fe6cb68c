"""How many photos have each value, counted by blocks: after a change, the blocks of changed photos are counted again.

So no count is kept anywhere but in memory, and none can come to differ from the catalog.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.condition import IS_SHOWN, TEXTS
from twinlens.types import Ids

BLOCK = 2048  # photos, by their ids: counted in some 10 ms
SAID = ("person", "place", "keyword")  # kinds of texts that are counted
Key: TypeAlias = tuple[str, str]
"""A kind of value, such as "camera", and a value."""


class Counts(NamedTuple):
    """Numbers of searchable photos.

    Attributes:
        total: of each value in the library. Kinds are "photos", "located", "undated" and "file_dated", of which the
            value is ""; "camera", "month" such as "2023-06", "folder" (id of the photo folder, "/", and the subfolder
            with another one behind it), and those of ``SAID``.
        blocks: the same, of each block of ids.
    """

    total: Mapping[Key, int]
    blocks: Mapping[int, Mapping[Key, int]]

    def number(self, kind: str) -> int:
        """How many photos count as a kind without values."""
        return self.total.get((kind, ""), 0)

    def values(self, kind: str) -> dict[str, int]:
        """The values of a kind, each with its number of photos."""
        return {value: number for (of_kind, value), number in self.total.items() if of_kind == kind}

    def most(self, kind: str, count: int | None = None) -> list[tuple[str, int]]:
        """The first of these, most photos first."""
        return sorted(self.values(kind).items(), key=lambda one: (-one[1], one[0]))[:count]

    def months(self) -> list[tuple[str | None, int]]:
        """The months, the newest first; None for photos without a date."""
        dated = sorted(self.values("month").items(), reverse=True)
        return [*dated, *([(None, undated)] if (undated := self.number("undated")) else [])]


def read_counts(connection: sqlite3.Connection) -> Counts:
    """Counts everything."""
    last = connection.execute("SELECT max(id) FROM photos").fetchone()[0] or 0
    return _counted(connection, Counts({}, {}), range(last // BLOCK + 1))


def renew_counts(connection: sqlite3.Connection, known: Counts, changed: Ids) -> Counts | None:
    """The same after photos have changed; None if most blocks have any."""
    blocks = sorted({int(number) // BLOCK for number in changed})
    if len(blocks) > max(4, len(known.blocks) // 2):
        return None
    return _counted(connection, known, blocks)


def counts_of(blocks: Mapping[int, Mapping[Key, int]]) -> Counts:
    """Those of blocks that were counted before."""
    total = Counter[Key]()
    for block in blocks.values():
        total.update(block)
    return Counts({key: number for key, number in total.items() if number}, blocks)


def _counted(connection: sqlite3.Connection, known: Counts, blocks: Iterable[int]) -> Counts:
    total, by_block = Counter(known.total), dict(known.blocks)
    has_texts, has_sources = _has(connection, TEXTS, "text"), _has(connection, "photos", "date_source")
    for block in blocks:
        ids = (block * BLOCK, (block + 1) * BLOCK - 1)
        counts = Counter(_of_photos(connection, ids, has_sources=has_sources))
        if has_texts:
            counts.update(_of_texts(connection, ids))
        total.subtract(by_block.get(block, {}))
        total.update(counts)
        by_block[block] = counts
    return Counts({key: number for key, number in total.items() if number}, by_block)


def _of_photos(connection: sqlite3.Connection, ids: tuple[int, int], *, has_sources: bool) -> dict[Key, int]:
    """What is in the rows of the photos in a span of ids."""
    source = "date_source" if has_sources else "NULL"
    rows = connection.execute(
        # the classic way of SQL to what is before the last "/", with it
        f"SELECT folder_id || '/' || rtrim(path, replace(path, '/', '')), camera, substr(taken_at, 1, 7), "
        f"taken_at IS NOT NULL AND {source} IS 'file', latitude IS NOT NULL "
        "FROM photos WHERE id BETWEEN ? AND ? AND skip_reason IS NULL",
        ids,
    ).fetchall()
    if not rows:
        return {}
    folders, cameras, months, file_dated, located = map(Counter, zip(*rows, strict=True))
    counts = {("photos", ""): len(rows), ("undated", ""): months.pop(None, 0)}
    counts |= {("file_dated", ""): file_dated[1], ("located", ""): located[1]}
    cameras.pop(None, None)
    for kind, values in (("folder", folders), ("camera", cameras), ("month", months)):
        counts.update({(kind, value): number for value, number in values.items()})
    return counts


def _of_texts(connection: sqlite3.Connection, ids: tuple[int, int]) -> dict[Key, int]:
    rows = connection.execute(
        f"SELECT +kind, text, count(DISTINCT photo_id) FROM {TEXTS} WHERE photo_id BETWEEN ? AND ? "
        f"AND +kind IN ({', '.join('?' * len(SAID))}) "
        f"AND {IS_SHOWN} GROUP BY 1, 2",
        (*ids, *SAID),
    )
    return {(kind, text): number for kind, text, number in rows}


def _has(connection: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a table has a column: a read-only catalog of an older release may lack it."""
    rows = connection.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column))
    return rows.fetchone() is not None
