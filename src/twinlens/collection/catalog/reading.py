"""Read queries on the catalog: photo records, pages of the library, counts."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.marks import mark_of_photo
from twinlens.collection.catalog.rows import PhotoRecord, rows_by_id

MOST_TEXTS = 200_000  # looked through in 50 ms; in a larger library its words are known from these
MOST_FOUND = 1000


class DateGaps(NamedTuple):
    """How many photos have no date, and how many only that of their file."""

    undated: int
    file_dated: int


def record_columns(database: Database) -> str:
    """The columns of a ``PhotoRecord``, without its caption."""
    known = "photos.id, folder_id, path, taken_at, width, height"
    return f"{known}, {mark_of_photo(database)}, {date_source(database)}, {duration(database)}"


def photo_records(database: Database, ids: Iterable[int]) -> dict[int, PhotoRecord]:
    """Records by id; deleted ids are missing from the result."""
    select = f"SELECT {record_columns(database)} FROM photos WHERE id"
    return {row[0]: PhotoRecord(*row) for rows in rows_by_id(database, select, ids) for row in rows}


def count_photos(database: Database, condition: Condition = ANY) -> int:
    """Number of searchable photos that satisfy a condition."""
    if condition == ANY:  # no row is looked at but those of skipped files, which an index lists
        skipped = "SELECT count(*) FROM photos WHERE skip_reason IS NOT NULL"
        return int(database.rows(f"SELECT (SELECT count(*) FROM photos) - ({skipped})")[0][0])
    sql = f"SELECT count(*) FROM photos WHERE skip_reason IS NULL AND ({condition.sql})"
    return int(database.rows(sql, condition.parameters)[0][0])


def date_gaps(database: Database, condition: Condition = ANY) -> DateGaps:
    """Among the searchable photos that satisfy a condition, those without a date of their own."""
    gap = f"taken_at IS NULL OR {date_source(database)} = 'file'"  # an index lists these photos
    sql = (
        "SELECT count(*) - count(taken_at), count(taken_at) FROM photos "
        f"WHERE skip_reason IS NULL AND ({gap}) AND ({condition.sql})"
    )
    return DateGaps(*database.rows(sql, condition.parameters)[0])


def any_photo(database: Database, condition: Condition) -> bool:
    """Whether any searchable photo satisfies a condition."""
    sql = f"SELECT 1 FROM photos WHERE skip_reason IS NULL AND ({condition.sql}) LIMIT 1"
    return bool(database.rows(sql, condition.parameters))


def photo_row(database: Database, columns: str, folder_id: int, path: str) -> tuple[Any, ...] | None:
    """Columns of the searchable photo at a path, and whether it is a favourite; None if there is none."""
    rows = rows_at_path(database, f"{columns}, {mark_of_photo(database)}", folder_id, path)
    return (*rows[0][:-1], bool(rows[0][-1])) if rows else None


def rows_at_path(database: Database, columns: str, folder_id: int, path: str) -> list[Any]:
    """Columns of the searchable photo at a path, written as in the catalog."""
    sql = f"SELECT {columns} FROM photos WHERE folder_id = ? AND path = ? AND skip_reason IS NULL"
    return database.rows(sql, (folder_id, path))


def has_word(database: Database, word: str) -> bool:
    """Whether a word is in a path, a caption, a tag or an album's name; a part of a word does not count.

    Of a large library, in those of the first photos.
    """
    pattern = "%" + re.sub(r"([%_^])", r"^\1", word) + "%"
    whole = re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", re.IGNORECASE)
    sources = ["SELECT path AS text FROM photos"]
    texts = (("captions", "text"), ("tags", "tag"), ("albums", "name"))
    sources += [f"SELECT {column} AS text FROM {table}" for table, column in texts if database.has_table(table)]
    for source in sources:  # an index holds the text, so that no embeddings are read
        sql = f"SELECT text FROM ({source} LIMIT {MOST_TEXTS}) AS texts WHERE text LIKE ? ESCAPE '^' LIMIT {MOST_FOUND}"
        if any(whole.search(text) for (text,) in database.rows(sql, (pattern,))):
            return True
    return False


def first_and_last_taken(database: Database) -> tuple[str | None, str | None]:
    """The dates of the oldest and of the newest searchable photo; None if no photo has one."""
    dated = "SELECT taken_at FROM photos WHERE (taken_at IS NULL) = 0 AND skip_reason IS NULL ORDER BY taken_at"
    ends = [database.rows(f"{dated} {way} LIMIT 1") for way in ("ASC", "DESC")]
    first, last = (rows[0][0] if rows else None for rows in ends)
    return first, last


def month_counts(database: Database, condition: Condition = ANY) -> list[tuple[str | None, int]]:
    """The months of photos that satisfy a condition, such as "2023-06", the newest first; None for those without."""
    sql = (
        f"SELECT substr(taken_at, 1, 7), count(*) FROM photos WHERE skip_reason IS NULL AND ({condition.sql}) "
        "GROUP BY 1 ORDER BY 1 DESC NULLS LAST"
    )
    return database.rows(sql, condition.parameters)


def photo_paths(database: Database, folder_id: int) -> list[str]:
    """Paths of the searchable photos of a folder."""
    rows = database.rows("SELECT path FROM photos WHERE folder_id = ? AND skip_reason IS NULL", (folder_id,))
    return [path for (path,) in rows]


def date_source(database: Database) -> str:
    """The column with the source of a date; NULL in a read-only catalog of an older release."""
    return "date_source" if database.has_column("photos", "date_source") else "NULL"


def duration(database: Database) -> str:
    """The column with the length of videos in milliseconds; NULL in a read-only catalog of an older release."""
    return "duration_ms" if database.has_column("photos", "duration_ms") else "NULL"
