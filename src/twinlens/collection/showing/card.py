"""What the catalog knows of one photo, looked up by its id: never by a path."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlens.collection.collection import Collection

_CARD = (
    "SELECT id, path, size_bytes, mtime_ns, content_hash, width, height, taken_at, utc_offset_minutes, "
    "camera, latitude, longitude FROM photos WHERE folder_id = ? AND path = ? AND skip_reason IS NULL"
)


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """One photo of a collection.

    Attributes:
        number: the catalog's own key.
        id: as hits give it.
        path: where its file should be.
        folder: the photo folder that it was found in.
        size_bytes: of the file, when it was indexed.
        mtime_ns: of the file, when it was indexed.
        content_hash: of the file, when it was indexed.
        width: pixels, upright.
        height: pixels, upright.
        taken_at: the camera's wall clock.
        utc_offset_minutes: the zone of ``taken_at``.
        camera: maker and model.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
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


def find_photo(collection: "Collection", photo_id: str) -> PhotoCard | None:
    """The photo of an id as hits give it; None where no indexed photo has that id.

    The id is compared with what the catalog holds and never becomes part of a path,
    so that ``../secret.jpg`` is simply not there.
    """
    for folder in collection.folders():
        if not photo_id.startswith(folder.prefix):
            continue
        rows = collection.catalog.rows(_CARD, (folder.id, photo_id.removeprefix(folder.prefix)))
        if rows:
            number, path, *rest = rows[0]
            return PhotoCard(number, photo_id, folder.path / path, folder.path, *rest)
    return None


def captions_of(collection: "Collection", card: PhotoCard) -> list[str]:
    """The captions that the collection knows of a photo, oldest first."""
    rows = collection.catalog.rows("SELECT text FROM captions WHERE photo_id = ? ORDER BY id", (card.number,))
    return [row[0] for row in rows]
