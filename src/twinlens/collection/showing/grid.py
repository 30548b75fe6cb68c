"""Browse photos without a query: dimensions, date, favourite mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.reading import count_photos, newest_photos
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import gone_files
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.searcher import Scope
from twinlens.types import DateSource


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
        is_missing: its file was not there just now.
    """

    id: str
    width: int | None
    height: int | None
    taken_at: str | None
    date_source: DateSource | None
    is_favourite: bool
    is_missing: bool = False


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
    homes = {folder.id: folder for folder in folders}
    files = [homes[record.folder_id].file(record.path) for record in records]
    gone = gone_files(files)
    photos = [
        GridPhoto(
            id=homes[record.folder_id].prefix + record.path,
            width=record.width,
            height=record.height,
            taken_at=record.taken_at,
            date_source=record.date_source,
            is_favourite=bool(record.is_favourite),
            is_missing=file in gone,
        )
        for record, file in zip(records, files, strict=True)
    ]
    return photos, count
