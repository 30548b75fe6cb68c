"""What tells copies of a photo from each other: the facts of photo files, many at once."""

from typing import NamedTuple

from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.reading import date_source


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
    rows = database.rows(
        "SELECT id, folder_id, path, size_bytes, mtime_ns, content_hash, width, height, "
        f"CASE {date_source(database)} WHEN 'exif' THEN taken_at END, camera FROM photos "
        f"WHERE skip_reason IS NULL AND ({condition.sql}) ORDER BY id",
        condition.parameters,
    )
    return [FileFacts(*row) for row in rows]
