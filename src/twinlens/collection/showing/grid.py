"""What a grid shows of a photo before its picture is there: shape, date, mark; and browsing without a query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlens.collection.catalog.marks import IS_FAVOURITE, knows_favourites
from twinlens.collection.catalog.rows import MOST_PARAMETERS
from twinlens.collection.searching.filters import Filters, photo_condition

if TYPE_CHECKING:
    from twinlens.collection.collection import Collection


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """One photo in a grid.

    Attributes:
        id: as hits give it.
        width: pixels, upright.
        height: pixels, upright.
        taken_at: the camera's wall clock.
        is_favourite: somebody has marked it.
    """

    id: str
    width: int | None
    height: int | None
    taken_at: str | None
    is_favourite: bool


def shown_photos(collection: "Collection", photo_ids: Iterable[str]) -> dict[str, ShownPhoto]:
    """What is shown of photos, by id; one that has gone is missing from the answer."""
    wanted = list(photo_ids)
    select = _select(collection)
    shown = {}
    for folder in collection.folders():
        paths = [one.removeprefix(folder.prefix) for one in wanted if one.startswith(folder.prefix)]
        for start in range(0, len(paths), MOST_PARAMETERS):
            part = paths[start : start + MOST_PARAMETERS]
            where = f"folder_id = ? AND path IN ({','.join('?' * len(part))})"
            for row in collection.catalog.rows(f"{select} AND {where}", [folder.id, *part]):
                photo = _shown(row, folder.prefix)
                shown[photo.id] = photo
    return shown


def browse(
    collection: "Collection", filters: Filters | None = None, *, k: int = 100, offset: int = 0
) -> tuple[list[ShownPhoto], int]:
    """Photos without a query: newest first, undated ones last by path, and how many there are in all.

    Raises:
        QueryError: a date is not one, or the folder is not in the collection.
    """
    catalog, folders = collection.catalog, collection.folders()
    condition, parameters = photo_condition(catalog, folders, filters or Filters())
    with catalog.snapshot():
        count = catalog.rows(f"SELECT count(*) FROM photos WHERE skip_reason IS NULL AND {condition}", parameters)
        rows = catalog.rows(
            f"{_select(collection)} AND {condition} "
            "ORDER BY taken_at IS NULL, taken_at DESC, folder_id, path LIMIT ? OFFSET ?",
            [*parameters, k, offset],
        )
    prefixes = {folder.id: folder.prefix for folder in folders}
    return [_shown(row, prefixes[row[0]]) for row in rows], int(count[0][0])


def _shown(row: Sequence[Any], prefix: str) -> ShownPhoto:
    _, path, width, height, taken_at, mark = row
    return ShownPhoto(prefix + path, width, height, taken_at, bool(mark))


def _select(collection: "Collection") -> str:
    mark = IS_FAVOURITE if knows_favourites(collection.catalog) else "0"
    return f"SELECT folder_id, path, width, height, taken_at, {mark} FROM photos WHERE skip_reason IS NULL"
