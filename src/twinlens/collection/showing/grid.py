"""Browse photos without a query: dimensions, date, favourite mark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY
from twinlens.collection.catalog.order import Order, ordered_photos
from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.catalog.texts.briefs import NOTHING_SAID, briefs
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import gone_files
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.scope import Scope
from twinlens.types import DateSource


@dataclass(frozen=True, slots=True)
class GridPhoto:
    """One photo in a grid.

    Attributes:
        id: as in hits.
        width: pixels, upright.
        height: pixels, upright.
        taken_at: the camera's local time.
        date_source: what told ``taken_at``: exif, xmp, iptc, gps, takeout, name or file.
        is_favourite: marked by the user.
        duration_s: length of a video; None for a photo.
        is_missing: its file was not there just now.
        own_caption: as in hits.
        place: as in hits.
    """

    id: str
    width: int | None
    height: int | None
    taken_at: str | None
    date_source: DateSource | None
    is_favourite: bool
    duration_s: float | None = None
    is_missing: bool = False
    own_caption: str | None = None
    place: str | None = None


def browse(
    scope: Scope, filters: Filters, *, order: Order = "date", k: int, offset: int
) -> tuple[list[GridPhoto], int]:
    """A page of the photos without a query, and their total number.

    Raises:
        QueryError: the folder is not in the collection.
    """
    catalog, condition = scope.catalog, filters.condition(scope)
    with catalog.snapshot():
        if condition == ANY and order == "date":  # an index has them in this order
            count, records = catalog.count(), ordered_photos(catalog, condition, order, k=k, offset=offset)
        else:
            ids = catalog.select_ids(condition)
            page = catalog.ordered(ids, order, offset + k)[offset:].tolist()
            known = catalog.photos(page)
            count, records = len(ids), [known[number] for number in page]
        return _in_grid(catalog, scope.folders, records), count


def listed(catalog: Catalog, folders: Sequence[PhotoFolder], numbers: Iterable[int]) -> list[GridPhoto]:
    """Photos by the catalog's keys, in their order and each once; those that are gone are left out."""
    wanted = list(dict.fromkeys(numbers))
    with catalog.snapshot():
        known = catalog.photos(wanted)
        return _in_grid(catalog, folders, [known[number] for number in wanted if number in known])


def _in_grid(catalog: Catalog, folders: Sequence[PhotoFolder], records: Sequence[PhotoRecord]) -> list[GridPhoto]:
    said = briefs(catalog, {record.id: record.path for record in records})
    homes = {folder.id: folder for folder in folders}
    files = [homes[record.folder_id].file(record.path) for record in records]
    gone = gone_files(files)
    return [
        GridPhoto(
            id=homes[record.folder_id].prefix + record.path,
            width=record.width,
            height=record.height,
            taken_at=record.taken_at,
            date_source=record.date_source,
            is_favourite=bool(record.is_favourite),
            duration_s=record.duration_ms / 1000 if record.duration_ms else None,
            is_missing=file in gone,
            own_caption=said.get(record.id, NOTHING_SAID).caption,
            place=said.get(record.id, NOTHING_SAID).place,
        )
        for record, file in zip(records, files, strict=True)
    ]
