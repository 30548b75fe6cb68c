"""Favourites: photos that somebody has marked, kept in the catalog and lost only with the photo."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twinlens.collection.catalog.marks import IS_FAVOURITE, knows_favourites
from twinlens.collection.showing.card import find_photo
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.collection import Collection


def mark_favourites(collection: "Collection", photo_ids: Iterable[str], *, is_favourite: bool = True) -> int:
    """Marks photos, or takes their marks away, all or none; how many were changed by it.

    A mark changes no vector: the catalog's generation stays as it is.

    Raises:
        QueryError: no indexed photo has one of the ids; nothing was changed.
        CollectionError: the catalog cannot be written.
    """
    statement = "INSERT OR IGNORE INTO favourites VALUES (?)"
    if not is_favourite:
        statement = "DELETE FROM favourites WHERE photo_id = ?"
    changed = 0
    with collection.catalog.transaction() as connection:
        for photo_id in photo_ids:
            card = find_photo(collection, photo_id)
            if card is None:
                raise QueryError(f"no indexed photo has the id {photo_id!r}; no mark was changed")
            changed += connection.execute(statement, (card.number,)).rowcount
    return changed


def favourite_ids(collection: "Collection") -> list[str]:
    """Ids of the marked photos, by folder and path."""
    catalog = collection.catalog
    if not knows_favourites(catalog):
        return []
    rows = catalog.rows(
        f"SELECT folder_id, path FROM photos WHERE skip_reason IS NULL AND {IS_FAVOURITE} ORDER BY folder_id, path"
    )
    prefixes = {folder.id: folder.prefix for folder in collection.folders()}
    return [prefixes[folder] + path for folder, path in rows]
