"""What tells copies of a photo from each other: the facts of photo files, many at once."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.reading import date_source
from twinlens.collection.catalog.rows import rows_by_id


class FileFacts(NamedTuple):
    """A searchable photo's file.

    Attributes:
        id: the catalog's own key.
        folder_id: of its photo folder.
        path: relative to that folder, with "/".
        size_bytes: when it was indexed.
        mtime_ns: when it was indexed.
        content_hash: equal for equal contents.
        width: pixels, upright.
        height: pixels, upright.
        shot_at: local time by the camera's own clock; None if only the name or the date of the file tells one.
        camera: maker and model.
    """

    id: int
    folder_id: int
    path: str
    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    width: int | None
    height: int | None
    shot_at: str | None
    camera: str | None


def file_facts(database: Database, condition: Condition = ANY) -> list[FileFacts]:
    """The searchable photos that satisfy a condition, by ascending id."""
    sql = f"SELECT {_columns(database)} FROM photos WHERE skip_reason IS NULL AND ({condition.sql}) ORDER BY id"
    return [FileFacts(*row) for row in database.rows(sql, condition.parameters)]


def each_facts(database: Database) -> Iterator[FileFacts]:
    """Those of all searchable photos one by one, in any order, for libraries that are too large to hold them."""
    sql = f"SELECT {_columns(database)} FROM photos WHERE skip_reason IS NULL"
    return (FileFacts(*row) for row in database.each_row(sql))


def facts_of(database: Database, ids: Iterable[int]) -> list[FileFacts]:
    """Those of some photos, by ascending id; what is no searchable photo is left out."""
    select = f"SELECT {_columns(database)} FROM photos WHERE skip_reason IS NULL AND id"
    return [FileFacts(*row) for rows in rows_by_id(database, select, sorted(ids)) for row in rows]


def paths_like(database: Database, folder_id: int, starts: Iterable[str], like: str) -> list[tuple[int, str]]:
    """Ids and paths of the searchable photos whose path begins with one of some texts, and is like a pattern of SQL.

    Args:
        database: the catalog.
        folder_id: of the photo folder.
        starts: as written; none is the start of another one.
        like: in capital or small letters of ASCII, with "^" before what has no meaning.
    """
    sql = (
        "SELECT id, path FROM photos WHERE folder_id = ? AND path >= ? AND path < ? "
        "AND path LIKE ? ESCAPE '^' AND skip_reason IS NULL"
    )
    spans = [(folder_id, start, start + "\U0010ffff", like) for start in starts]
    return [row for span in spans for row in database.rows(sql, span)]


def shot_between(database: Database, camera: str, first: str, last: str) -> list[int]:
    """Ids of the searchable photos that a camera took from one moment to another, both inclusive, by its own clock."""
    sql = (
        "SELECT id FROM photos WHERE (taken_at IS NULL) = 0 AND taken_at >= ? AND taken_at <= ? "
        f"AND camera = ? AND {date_source(database)} = 'exif' AND skip_reason IS NULL"
    )
    return [number for (number,) in database.rows(sql, (first, last, camera))]


def _columns(database: Database) -> str:
    return (
        "id, folder_id, path, size_bytes, mtime_ns, content_hash, width, height, "
        f"CASE {date_source(database)} WHEN 'exif' THEN taken_at END, camera"
    )
