"""Albums: photos that people have put together, or a search that they have saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy import isin

from twinlens.collection.catalog.condition import IS_SHOWN
from twinlens.collection.catalog.curated.conditions import ALBUMS
from twinlens.collection.catalog.curated.names import name_key, tidy_name
from twinlens.collection.catalog.rows import ids_in
from twinlens.counted import counted
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.catalog.catalog import Catalog

MOST_ALBUMS = 10_000
_COLUMNS = "SELECT id, name, query FROM albums"


@dataclass(frozen=True, slots=True)
class Album:
    """An album.

    Attributes:
        number: the catalog's own key.
        name: as it is written.
        query: that finds its photos each time it is opened; empty if people have put them together.
    """

    number: int
    name: str
    query: str

    @property
    def is_live(self) -> bool:
        """Whether a search finds its photos."""
        return bool(self.query)


class AlbumTable:
    """Reads and writes the albums in a catalog."""

    def __init__(self, catalog: "Catalog") -> None:
        self._catalog = catalog

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._catalog.has_table(ALBUMS)

    def all(self) -> list[Album]:
        """All albums by name."""
        return [Album(*row) for row in self._catalog.rows(f"{_COLUMNS} ORDER BY key")] if self.are_known() else []

    def find(self, name: str) -> Album | None:
        """The album with a name, in whatever case it is written; None if there is none."""
        if not self.are_known():
            return None
        rows = self._catalog.rows(f"{_COLUMNS} WHERE key = ?", (name_key(name),))
        return Album(*rows[0]) if rows else None

    def numbered(self, number: int) -> Album | None:
        """The album with a number, whatever it is called now; None if it is deleted."""
        rows = self._catalog.rows(f"{_COLUMNS} WHERE id = ?", (number,)) if self.are_known() else []
        return Album(*rows[0]) if rows else None

    def counts(self) -> dict[int, int]:
        """How many searchable photos people have put into each album, by its number."""
        sql = f"SELECT album_id, count(*) FROM album_photos WHERE {IS_SHOWN} GROUP BY album_id"
        return dict(self._catalog.rows(sql)) if self.are_known() else {}

    def photos(self, album: Album) -> list[int]:
        """The searchable photos that people have put into an album, in their order, by id."""
        # an index has all of this; whether a photo is searchable is known without a look at its row
        inner = "SELECT photo_id FROM album_photos WHERE album_id = ? ORDER BY position, id"
        ((found,),) = self._catalog.rows(
            f"SELECT group_concat(photo_id, ' ') FROM ({inner}) AS ordered", (album.number,)
        )
        ids = ids_in(found)
        photos: list[int] = ids[isin(ids, self._catalog.select_ids())].tolist()
        return photos

    def of_photo(self, photo_id: int) -> list[str]:
        """The albums that people have put a photo into, by name."""
        sql = "SELECT name FROM albums JOIN album_photos ON albums.id = album_id WHERE photo_id = ? ORDER BY key"
        return [name for (name,) in self._catalog.rows(sql, (photo_id,))] if self.are_known() else []

    def create(self, name: str, query: str = "") -> Album:
        """Makes an album.

        Raises:
            QueryError: the name cannot be used, or another album has it; or there are too many.
        """
        name = tidy_name(name, "album")
        with self._catalog.transaction() as connection:
            if (there := self.find(name)) is not None:
                raise QueryError(f"there is already an album {there.name!r}; delete it first, or choose another name")
            if connection.execute("SELECT count(*) FROM albums").fetchone()[0] >= MOST_ALBUMS:
                raise QueryError(f"a library may have {MOST_ALBUMS:,} albums; delete some first")
            put = "INSERT INTO albums (name, key, query) VALUES (?, ?, ?) RETURNING id"
            return Album(int(connection.execute(put, (name, name_key(name), query)).fetchone()[0]), name, query)

    def set_query(self, album: Album, query: str) -> None:
        """Changes the search of a live album."""
        with self._catalog.transaction() as connection:
            connection.execute("UPDATE albums SET query = ? WHERE id = ?", (query, album.number))

    def rename(self, album: Album, name: str) -> None:
        """Gives an album another name.

        Raises:
            QueryError: the name cannot be used, or another album has it.
        """
        name = tidy_name(name, "album")
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            if (there := self.find(name)) is not None and there.number != album.number:
                raise QueryError(f"there is already an album {there.name!r}; choose another name")
            rename = "UPDATE albums SET name = ?, key = ? WHERE id = ?"
            connection.execute(rename, (name, name_key(name), album.number))
            writer.reword(self._photo_ids(album))

    def delete(self, album: Album) -> None:
        """Deletes an album; its photos stay where they are."""
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            writer.reword(self._photo_ids(album))
            connection.execute("DELETE FROM album_photos WHERE album_id = ?", (album.number,))
            connection.execute("DELETE FROM albums WHERE id = ?", (album.number,))

    def add(self, album: Album, photo_ids: Sequence[int]) -> int:
        """Puts photos at the end of an album, all or none; returns how many were not in it."""
        put = (
            "INSERT OR IGNORE INTO album_photos (album_id, photo_id, position) "
            "SELECT :album, :photo, coalesce(max(position), 0) + 1 FROM album_photos WHERE album_id = :album"
        )
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            changed = [
                photo_id
                for photo_id in photo_ids
                if connection.execute(put, {"album": album.number, "photo": photo_id}).rowcount
            ]
            writer.reword(changed)
        return len(changed)

    def remove(self, album: Album, photo_ids: Sequence[int]) -> int:
        """Takes photos out of an album, all or none; returns how many were in it."""
        take = "DELETE FROM album_photos WHERE album_id = ? AND photo_id = ?"
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            changed = [number for number in photo_ids if connection.execute(take, (album.number, number)).rowcount]
            writer.reword(changed)
        return len(changed)

    def put_first(self, album: Album, photo_ids: Sequence[int]) -> None:
        """Puts photos of an album first, in the order given; the others follow as before.

        Raises:
            QueryError: a photo is not in it.
        """
        with self._catalog.transaction() as connection:
            before = self._photo_ids(album)
            if missing := set(photo_ids).difference(before):
                raise QueryError(
                    f"{counted(len(missing), 'photo is', 'photos are')} not in the album {album.name!r}; "
                    "its order was not changed"
                )
            order = list(dict.fromkeys([*photo_ids, *before]))
            connection.executemany(
                "UPDATE album_photos SET position = ? WHERE album_id = ? AND photo_id = ?",
                [(position, album.number, photo_id) for position, photo_id in enumerate(order, start=1)],
            )

    def _photo_ids(self, album: Album) -> list[int]:
        """All photos in an album, also those that cannot be read now."""
        sql = "SELECT photo_id FROM album_photos WHERE album_id = ? ORDER BY position, id"
        return [number for (number,) in self._catalog.rows(sql, (album.number,))]
