"""Files of the photos that were found."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from twinlens.api.searching import Answer, export_target, write_contact_sheet, write_export
from twinlens.apps.libraries.library import Library, SearchOptions, listing
from twinlens.errors import PhotoError, TwinlensError
from twinlens.types import Hit

FORMATS = {
    "table (CSV)": ("photos.csv", "text/csv"),
    "JSON": ("photos.json", "application/json"),
    "gallery (HTML)": ("photos.html", "text/html"),
    "contact sheet (PNG)": ("photos.png", "image/png"),
    "photo files (zip)": ("photos.zip", "application/zip"),
}
MOST_IN_GALLERY = 500  # its pictures are in the page itself
MOST_ON_SHEET = 200  # they are one picture


def exported(library: Library, answer: Answer, chosen: str) -> bytes:
    """A file in one of the ``FORMATS``, as ``twinlens search --export`` writes it; or a zip.

    Raises:
        TwinlensError: the photos are too many, or too large; or a server does not answer.
    """
    name, _ = FORMATS[chosen]
    if name.endswith(".zip"):
        return library.archive([hit.id for hit in answer.shown if not hit.is_missing])
    with tempfile.TemporaryDirectory(prefix="twinlens-") as folder:
        file = Path(folder) / name
        if name.endswith(".png"):
            hits = list(_with_thumbnails(library, answer.shown, Path(folder), most=MOST_ON_SHEET))
            write_contact_sheet([(answer.search.query.text, hits)], file)
            return file.read_bytes()
        if name.endswith(".html"):
            hits = list(_with_thumbnails(library, answer.shown, Path(folder), most=MOST_IN_GALLERY))
            answer = replace(answer, hits=hits)
        write_export(replace(answer, search=replace(answer.search, show_all=True)), export_target(str(file)))
        return file.read_bytes()


def answer_of(library: Library, photo_ids: Sequence[str]) -> Answer:
    """The answer that lists these photos.

    Raises:
        PhotoError: one is no longer there.
    """
    photos = [library.photo(one) for one in photo_ids]
    names = ("id", "width", "height", "taken_at", "is_favourite", "rating", "tags")
    fields = [{"is_missing": False, **{name: getattr(photo, name) for name in names}} for photo in photos]
    return listing(fields, len(photos), SearchOptions(k=max(1, len(photos))))


def _with_thumbnails(library: Library, hits: Iterable[Hit], folder: Path, *, most: int) -> Iterable[Hit]:
    """The hits with small pictures in the place of their files, which a server does not send for this."""
    for number, hit in enumerate(hits):
        if number == most:
            raise TwinlensError(f"this has room for at most {most} photos; export fewer, or a table")
        file = folder / f"{number}.jpg"
        try:
            file.write_bytes(library.thumbnail(hit.id))
        except PhotoError:
            yield replace(hit, is_missing=True)
        else:
            yield replace(hit, path=file)
