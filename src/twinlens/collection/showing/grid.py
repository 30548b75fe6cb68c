"""Browse photos without a query: dimensions, date, favourite mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.reading import count_photos, newest_photos
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.searcher import Scope
from twinlens.data.dating.moment import DateSource


@dataclass(frozen=True, slots=True)
class GridPhoto:
    """One photo in a grid.

    Attributes:
        id: as in hits.
        width: pixels, upright.
        height: pixels, upright.
        taken_at: the camera's local time.
        date_source: what told ``taken_at``: exif, iptc, gps, name or file.
        is_favourite: marked by the user.
    """

    id: str
    width: int | None
    height: int | None
    taken_at: str | None
    date_source: DateSource | None
    is_favourite: bool


def browse(
    catalog: Catalog, folders: Sequence[PhotoFolder], filters: Filters, *, k: int, offset: int
) -> tuple[list[GridPhoto], int]:
    """Photos without a query: newest first, then undated ones by path; and their total number.

    Raises:
        QueryError: the folder is not in the collection.
    """
    condition = filters.condition(Scope(catalog, folders))
    with catalog.snapshot():
        count = count_photos(catalog, condition)
        records = newest_photos(catalog, condition, k=k, offset=offset)
    prefixes = {folder.id: folder.prefix for folder in folders}
    photos = [
        GridPhoto(
            id=prefixes[record.folder_id] + record.path,
            width=record.width,
            height=record.height,
            taken_at=record.taken_at,
            date_source=record.date_source,
            is_favourite=bool(record.is_favourite),
        )
        for record in records
    ]
    return photos, count
