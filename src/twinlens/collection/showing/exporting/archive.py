"""Export photos: a streamed zip of their files, or their metadata as CSV."""

import csv
import io
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from twinlens.collection.place.presence import is_gone
from twinlens.collection.showing.card import PhotoCard
from twinlens.collection.showing.file import PhotoFile, photo_file
from twinlens.data.file_names import archive_name, on_one_line
from twinlens.data.images import read_photo_bytes
from twinlens.errors import PhotoError, PhotosMissingError

CHUNK_BYTES = 256 * 1024
LEFT_OUT = "left out.txt"
LIST_COLUMNS = (
    "image_id taken_at camera width height latitude longitude captions date_source rating tags lens text".split()
)
_ZIP_TIMES = (315_619_200, 4_354_732_800)  # zip supports 1980 to 2107; a day less for other time zones
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


FindCard: TypeAlias = Callable[[str], PhotoCard | None]


class _Outbox(io.RawIOBase):
    """A buffer that the zip is written to and taken from in chunks; not seekable, so nothing is kept."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def zip_photos(find: FindCard, photo_ids: Iterable[str]) -> Iterator[bytes]:
    """Yields a zip of photo files in chunks; a whole photo is never in memory.

    A photo that cannot be read is left out, and listed with the reason in ``left out.txt``.

    Args:
        find: looks up a photo by id; unknown ids are left out, too.
        photo_ids: ids as in hits; the zip keeps their folders.
    """
    outbox, left_out, names = _Outbox(), [], {LEFT_OUT}
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:  # photos are compressed already
        for photo_id in dict.fromkeys(photo_ids):
            name = archive_name(photo_id)
            while name in names:  # two ids may have the same name there
                name = f"_{name}"
            names.add(name)
            try:
                yield from _file_pieces(archive, outbox, name, _readable(find, photo_id))
            except (PhotoError, PhotosMissingError, OSError) as error:
                left_out.append(f"{on_one_line(photo_id)}: {getattr(error, 'strerror', None) or error}")
        if left_out:
            archive.writestr(LEFT_OUT, "\n".join(left_out) + "\n")
    yield outbox.take()


def list_photos(cards: Iterable[tuple[PhotoCard, Sequence[str]]]) -> str:
    """A CSV with one line per photo; those whose files are gone are left out.

    A cell that a spreadsheet would interpret as a formula is prefixed with an apostrophe.

    Args:
        cards: photos with their captions.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(LIST_COLUMNS)
    for card, captions in cards:
        if is_gone(card.path):
            continue
        writer.writerow([table_cell(value) for value in _line(card, captions)])
    return table.getvalue()


def _line(card: PhotoCard, captions: Sequence[str]) -> list[object]:
    place = [card.latitude, card.longitude]
    known = [card.id, card.taken_at, card.camera, card.width, card.height, *place]
    return [
        *known,
        " | ".join(captions),
        card.date_source,
        card.rating,
        "; ".join(card.tags),
        card.told.lens,
        card.text,
    ]


def table_cell(value: object) -> object:
    """The value in a CSV; what a spreadsheet would interpret as a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _readable(find: FindCard, photo_id: str) -> PhotoFile:
    card = find(photo_id)
    if card is None:
        raise PhotoError("no indexed photo has this id")
    return photo_file(card)


def _file_pieces(archive: zipfile.ZipFile, outbox: _Outbox, name: str, file: PhotoFile) -> Iterator[bytes]:
    content = read_photo_bytes(file.path) if file.is_remote else file.content
    size = file.stat.st_size if content is None else len(content)
    # opened before the zip entry is started, which cannot be undone
    with file.path.open("rb") if content is None else io.BytesIO(content) as source:
        earliest, latest = _ZIP_TIMES
        modified = min(max(file.stat.st_mtime, earliest), latest)
        entry = zipfile.ZipInfo(name, time.localtime(modified)[:6])
        entry.file_size = size
        with archive.open(entry, "w", force_zip64=size > zipfile.ZIP64_LIMIT // 2) as target:
            while piece := source.read(CHUNK_BYTES):
                target.write(piece)
                yield outbox.take()
