"""Tags: words that people give to photos, such as "kids" or "on holiday"."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from twinlens.collection.catalog.condition import IS_SHOWN
from twinlens.collection.catalog.curated.conditions import TAGS
from twinlens.collection.catalog.curated.names import name_key, tidy_name
from twinlens.collection.catalog.rows import rows_by_id
from twinlens.counted import counted
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.catalog.catalog import Catalog

MOST_TAGS = 200  # of a photo; more were given by a mistake in a script
_KNOWN = "SELECT tag FROM tags WHERE key = ? LIMIT 1"


class TagCount(NamedTuple):
    """A tag, and how many photos have it."""

    tag: str
    photos: int


class TagTable:
    """Reads and writes the tags in a catalog.

    A tag is written the same way on all photos: as on the first one, until it is renamed.
    """

    def __init__(self, catalog: "Catalog") -> None:
        self._catalog = catalog

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._catalog.has_table(TAGS)

    def counts(self) -> list[TagCount]:
        """All tags with their numbers of searchable photos, by name."""
        if not self.are_known():
            return []
        sql = f"SELECT min(tag), count(*) FROM tags WHERE {IS_SHOWN} GROUP BY key ORDER BY key"
        return [TagCount(*row) for row in self._catalog.rows(sql)]

    def names(self) -> list[str]:
        """All tags by name; fast however many photos have them."""
        if not self.are_known():
            return []
        sql = (  # goes from each key to the next in the index
            "WITH RECURSIVE each(key) AS (SELECT min(key) FROM tags UNION ALL "
            "SELECT (SELECT min(key) FROM tags WHERE key > each.key) FROM each WHERE each.key IS NOT NULL) "
            "SELECT (SELECT tag FROM tags WHERE tags.key = each.key LIMIT 1) FROM each WHERE key IS NOT NULL"
        )
        return [tag for (tag,) in self._catalog.rows(sql)]

    def spelled(self, tag: str) -> str:
        """A tag as it is written on the photos that have it; as it is given if none has."""
        rows = self._catalog.rows(_KNOWN, (name_key(tag),)) if self.are_known() else []
        return str(rows[0][0]) if rows else tag

    def of_photo(self, photo_id: int) -> list[str]:
        """The tags of a photo, by name."""
        return self.of_photos([photo_id]).get(photo_id, [])

    def of_photos(self, photo_ids: Iterable[int]) -> dict[int, list[str]]:
        """The tags of photos, by name; those without any are left out."""
        found: dict[int, list[str]] = {}
        if self.are_known():
            select = "SELECT photo_id, key, tag FROM tags WHERE photo_id"
            for rows in rows_by_id(self._catalog, select, photo_ids):
                for photo_id, _, tag in sorted(rows):
                    found.setdefault(photo_id, []).append(tag)
        return found

    def add(self, tags: Sequence[str], photo_ids: Sequence[int]) -> int:
        """Gives each tag to each photo, all or none; returns how many photos got any that they did not have.

        Raises:
            QueryError: a tag is empty or too long, or a photo would have too many; nothing was changed.
        """
        names = [tidy_name(tag, "tag") for tag in tags]
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            known = [self.spelled(name) for name in names]
            put = "INSERT OR IGNORE INTO tags (photo_id, tag, key) VALUES (?, ?, ?)"
            changed = []
            for photo_id in photo_ids:
                rows = [(photo_id, name, name_key(name)) for name in known]
                if sum(connection.execute(put, row).rowcount for row in rows):
                    changed.append(photo_id)
            for photo_id in changed:
                (count,) = connection.execute("SELECT count(*) FROM tags WHERE photo_id = ?", (photo_id,)).fetchone()
                if count > MOST_TAGS:
                    raise QueryError(
                        f"a photo may have {counted(MOST_TAGS, 'tag')}, one would have {count:,}; no tag was given"
                    )
            writer.reword(changed)
        return len(changed)

    def remove(self, tags: Sequence[str], photo_ids: Sequence[int]) -> int:
        """Takes tags from photos, all or none; returns how many photos had any of them."""
        take = "DELETE FROM tags WHERE photo_id = ? AND key = ?"
        keys = [name_key(tidy_name(tag, "tag")) for tag in tags]
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            changed = [
                photo_id
                for photo_id in photo_ids
                if sum(connection.execute(take, (photo_id, key)).rowcount for key in keys)
            ]
            writer.reword(changed)
        return len(changed)

    def rename(self, tag: str, name: str, *, merge: bool = False) -> int:
        """Writes a tag in another way on all photos; returns how many have it.

        Args:
            tag: in whatever case.
            name: the new name.
            merge: photos may have the new one already; the two become one for good.

        Raises:
            QueryError: no photo has the tag, or there is a tag of the new name and ``merge`` is False.
        """
        name, key = tidy_name(name, "tag"), name_key(tag)
        with self._catalog.writing() as writer, self._catalog.transaction() as connection:
            ids = [number for (number,) in connection.execute("SELECT photo_id FROM tags WHERE key = ?", (key,))]
            if not ids:
                raise QueryError(f"no photo has the tag {tag!r}; 'twinlens tag list' shows all")
            if key != name_key(name):
                there = connection.execute("SELECT count(*) FROM tags WHERE key = ?", (name_key(name),)).fetchone()[0]
                if there and not merge:
                    raise QueryError(
                        f"{counted(there, 'photo has', 'photos have')} the tag {name!r} already; make the two one "
                        "for good with --merge (merge=True in Python), or choose another name"
                    )
                if there:
                    (name,) = connection.execute(_KNOWN, (name_key(name),)).fetchone()
            there = "SELECT photo_id FROM tags WHERE key = ? AND key <> ?"  # those that have the new one, too
            connection.execute(
                f"UPDATE tags SET tag = ?, key = ? WHERE key = ? AND photo_id NOT IN ({there})",
                (name, name_key(name), key, name_key(name), key),
            )
            if key != name_key(name):
                connection.execute("DELETE FROM tags WHERE key = ?", (key,))
            writer.reword(ids)
        return len(ids)
