"""Favourites: photos that people have marked, each for herself or for all, stored in the catalog.

Whose marks are meant is told by ``asked_by`` (see ``curated/person``), and by nothing else: all that reads, counts,
finds or changes marks asks here.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import NONE, Condition, listed
from twinlens.collection.catalog.curated.person import SHARED, asker

if TYPE_CHECKING:
    from twinlens.collection.catalog.database import Database

FAVOURITES = "favourites"  # the table; missing in a read-only catalog of an older release
PERSON = "person"  # its column; missing in one in which all marks are shared


def is_favourite(database: "Database") -> Condition:
    """True for the photos that are favourites of who asks."""
    columns = database.columns(FAVOURITES)
    if PERSON in columns:
        return listed(f"SELECT photo_id FROM favourites WHERE person = {asker.__name__}()")
    return listed("SELECT photo_id FROM favourites") if columns and asker() == SHARED else NONE


def mark_of_photo(database: "Database") -> str:
    """The same as an SQL value of a row of ``photos``; looked up for each row, which suits a page of them."""
    if PERSON in database.columns(FAVOURITES):
        found = f"SELECT 1 FROM favourites WHERE photo_id = photos.id AND person = {asker.__name__}()"
        return f"EXISTS ({found})"
    return is_favourite(database).sql


def person_of_mark(database: "Database") -> str:
    """The SQL value with the person of a row of the marks; '' for all."""
    return PERSON if database.has_column(FAVOURITES, PERSON) else "''"


def has_own_marks(database: "Database") -> bool:
    """Whether any mark, or one that is kept of a photo which is gone, is a person's own."""
    if not database.has_column(FAVOURITES, PERSON):
        return False
    found = (
        f"SELECT 1 FROM favourites WHERE person <> '{SHARED}' UNION ALL "
        f"SELECT 1 FROM kept WHERE kind = 'favourite' AND value <> '{SHARED}' LIMIT 1"
    )
    return bool(database.rows(found))


class Marks:
    """Reads and writes the favourites of who asks in a catalog."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._database.has_table(FAVOURITES)

    def mark(self, photo_ids: Iterable[int], *, is_favourite: bool) -> int:
        """Marks photos, or removes their marks, all or none; returns how many changed.

        Marks do not change vectors, so the catalog's generation stays the same.
        """
        statement = "INSERT OR IGNORE INTO favourites (photo_id, person) VALUES (?, ?)"
        if not is_favourite:
            statement = "DELETE FROM favourites WHERE photo_id = ? AND person = ?"
        person = asker()
        with self._database.transaction() as connection:
            return sum(connection.execute(statement, (photo_id, person)).rowcount for photo_id in photo_ids)

    def favourites(self) -> list[tuple[int, str]]:
        """Folder id and path of each marked, searchable photo, in this order."""
        if not self.are_known():
            return []
        return self._database.rows(
            f"SELECT folder_id, path FROM photos WHERE skip_reason IS NULL AND {is_favourite(self._database).sql} "
            "ORDER BY folder_id, path"
        )
