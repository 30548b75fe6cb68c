"""Favourites: photos that the user has marked, stored in the catalog."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import listed

if TYPE_CHECKING:
    from twinlens.collection.catalog.database import Database

FAVOURITES = "favourites"  # the table; missing in a read-only catalog of an older release
IS_FAVOURITE = listed("SELECT photo_id FROM favourites")


class Marks:
    """Reads and writes the favourites in a catalog."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._database.has_table(FAVOURITES)

    def mark(self, photo_ids: Iterable[int], *, is_favourite: bool) -> int:
        """Marks photos, or removes their marks, all or none; returns how many changed.

        Marks do not change vectors, so the catalog's generation stays the same.
        """
        statement = "INSERT OR IGNORE INTO favourites VALUES (?)"
        if not is_favourite:
            statement = "DELETE FROM favourites WHERE photo_id = ?"
        with self._database.transaction() as connection:
            return sum(connection.execute(statement, (photo_id,)).rowcount for photo_id in photo_ids)

    def favourites(self) -> list[tuple[int, str]]:
        """Folder id and path of each marked, searchable photo, in this order."""
        if not self.are_known():
            return []
        return self._database.rows(
            f"SELECT folder_id, path FROM photos WHERE skip_reason IS NULL AND {IS_FAVOURITE.sql} "
            "ORDER BY folder_id, path"
        )
