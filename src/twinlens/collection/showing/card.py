"""A photo's metadata in the catalog, looked up by id, never by path."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.reading import date_source, duration, photo_row
from twinlens.collection.catalog.texts.said import NOTHING_TOLD, Told
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.types import DateSource

_COLUMNS = (
    "id, path, size_bytes, mtime_ns, content_hash, width, height, taken_at, utc_offset_minutes, "
    "camera, latitude, longitude"
)


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """One photo of a collection.

    Attributes:
        number: the catalog's own key.
        id: as in hits.
        path: expected path of its file.
        folder: its photo folder.
        size_bytes: of the file, when it was indexed.
        mtime_ns: of the file, when it was indexed.
        content_hash: of the file, when it was indexed.
        width: pixels, upright.
        height: pixels, upright.
        taken_at: the camera's local time.
        utc_offset_minutes: time zone of ``taken_at``.
        camera: maker and model.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        date_source: what told ``taken_at``: exif, xmp, iptc, gps, takeout, name or file.
        is_favourite: marked by the user.
        rating: stars that the user gave it, 1 to 5; None without.
        tags: that the user gave it, by name.
        albums: into which the user has put it, by name; not those whose search finds it.
        may_leave_folder: the collection follows links that lead out of the photo folder.
        told: title, description, keywords, people, stars and lens, from its file and files beside it.
        text: what is written in the picture, one line a piece; None if nothing was read.
        duration_ms: of a video; None for a photo.
    """

    number: int
    id: str
    path: Path
    folder: Path
    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    width: int | None
    height: int | None
    taken_at: str | None
    utc_offset_minutes: int | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    date_source: DateSource | None
    is_favourite: bool
    rating: int | None = None
    tags: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    may_leave_folder: bool = False
    told: Told = NOTHING_TOLD
    duration_ms: int | None = None
    text: str | None = None


def find_card(catalog: Catalog, folders: PhotoFolders, photo_id: str) -> PhotoCard | None:
    """The photo with this id; None if there is no such photo.

    The Unicode form of the id does not matter. It is compared with the catalog and never
    becomes part of a path, so an id such as ``../secret.jpg`` is simply not found.
    """
    columns = f"{_COLUMNS}, {date_source(catalog)}, {duration(catalog)}"
    for folder, asked in folders.of_id(photo_id):
        written = catalog.path_forms.as_written(folder.id, asked)
        if (row := photo_row(catalog, columns, folder.id, written)) is not None:
            number, path, *facts, duration_ms, is_favourite = row
            known: list[Any] = [*facts, is_favourite]
            card = PhotoCard(number, folder.prefix + path, folder.file(path), folder.path, *known)
            return replace(
                card,
                rating=catalog.ratings.of_photos([number]).get(number),
                tags=tuple(catalog.tags.of_photo(number)),
                albums=tuple(catalog.albums.of_photo(number)),
                may_leave_folder=catalog.follows_links,
                told=catalog.said.of_photo(number),
                duration_ms=duration_ms,
                text=catalog.read_texts.of_content(card.content_hash),
            )
    return None
