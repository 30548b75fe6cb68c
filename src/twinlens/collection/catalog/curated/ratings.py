"""Ratings: one to five stars that people give to photos."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import IS_SHOWN
from twinlens.collection.catalog.curated.conditions import RATINGS
from twinlens.collection.catalog.rows import rows_by_id
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.catalog.database import Database

MOST_STARS = 5


def checked_stars(stars: object) -> int:
    """A number of stars; 0 for none.

    Raises:
        QueryError: it is none from 0 to 5.
    """
    if isinstance(stars, bool) or not isinstance(stars, int) or not 0 <= stars <= MOST_STARS:
        raise QueryError(f"a rating is 1 to {MOST_STARS} stars, or 0 to take it away; got {stars!r}")
    return stars


class RatingTable:
    """Reads and writes the ratings in a catalog."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._database.has_table(RATINGS)

    def counts(self) -> dict[int, int]:
        """How many searchable photos have each number of stars, most stars first."""
        if not self.are_known():
            return {}
        sql = f"SELECT stars, count(*) FROM ratings WHERE {IS_SHOWN} GROUP BY stars ORDER BY stars DESC"
        return dict(self._database.rows(sql))

    def of_photos(self, photo_ids: Iterable[int]) -> dict[int, int]:
        """The stars of photos; those without are left out."""
        if not self.are_known():
            return {}
        select = "SELECT photo_id, stars FROM ratings WHERE photo_id"
        return {number: stars for rows in rows_by_id(self._database, select, photo_ids) for number, stars in rows}

    def rate(self, stars: int, photo_ids: Sequence[int]) -> int:
        """Gives stars to photos, or takes them away with 0, all or none; returns how many changed.

        Ratings do not change vectors or texts, so the catalog's generation stays the same.

        Raises:
            QueryError: there is no such rating.
        """
        rows: list[tuple[int, ...]] = [(photo_id, checked_stars(stars)) for photo_id in photo_ids]
        statement = (
            "INSERT INTO ratings (photo_id, stars) VALUES (?, ?) "
            "ON CONFLICT (photo_id) DO UPDATE SET stars = excluded.stars WHERE ratings.stars <> excluded.stars"
        )
        if not stars:
            statement, rows = "DELETE FROM ratings WHERE photo_id = ?", [row[:1] for row in rows]
        with self._database.transaction() as connection:
            return sum(connection.execute(statement, row).rowcount for row in rows)
