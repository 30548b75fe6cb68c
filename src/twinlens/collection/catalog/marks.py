"""Marks that people give photos, kept in the catalog and lost only with the photo: favourites."""

from collections.abc import Iterable

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.database import Database

FAVOURITES = "favourites"  # the table; the catalog of an earlier release on a read-only medium has none
IS_FAVOURITE = Condition("photos.id IN (SELECT photo_id FROM favourites)")


class Marks:
    """Reads and writes the marks of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for the catalog of an earlier release on a medium that cannot be written."""
        return self._database.has_table(FAVOURITES)

    def mark(self, photo_ids: Iterable[int], *, is_favourite: bool) -> int:
        """Marks photos, or takes their marks away, all or none; how many were changed by it.

        A mark changes no vector: the catalog's generation stays as it is.
        """
        statement = "INSERT OR IGNORE INTO favourites VALUES (?)"
        if not is_favourite:
            statement = "DELETE FROM favourites WHERE photo_id = ?"
        with self._database.transaction() as connection:
            return sum(connection.execute(statement, (photo_id,)).rowcount for photo_id in photo_ids)

    def favourites(self) -> list[tuple[int, str]]:
        """Folder id and path of each marked photo that can be searched, in their order."""
        if not self.are_known():
            return []
        return self._database.rows(
            f"SELECT folder_id, path FROM photos WHERE skip_reason IS NULL AND {IS_FAVOURITE.sql} "
            "ORDER BY folder_id, path"
        )
