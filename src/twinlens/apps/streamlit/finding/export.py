"""Files of the photos that were found."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from twinlens.api.searching import Answer, export_target, write_export
from twinlens.apps.libraries.library import Library
from twinlens.errors import PhotoError, TwinlensError
from twinlens.types import Hit

FORMATS = {
    "table (CSV)": ("photos.csv", "text/csv"),
    "JSON": ("photos.json", "application/json"),
    "gallery (HTML)": ("photos.html", "text/html"),
    "photo files (zip)": ("photos.zip", "application/zip"),
}
MOST_IN_GALLERY = 500  # its pictures are in the page itself


def exported(library: Library, answer: Answer, chosen: str) -> bytes:
    """A file in one of the ``FORMATS``, as ``twinlens search --export`` writes it; or a zip.

    Raises:
        TwinlensError: the photos are too many, or too large; or a server does not answer.
    """
    name, _ = FORMATS[chosen]
    if name.endswith(".zip"):
        return library.archive([hit.id for hit in answer.shown if not hit.is_missing])
    with tempfile.TemporaryDirectory(prefix="twinlens-") as folder:
        if name.endswith(".html"):
            answer = replace(answer, hits=list(_with_thumbnails(library, answer.shown, Path(folder))))
        file = Path(folder) / name
        write_export(replace(answer, search=replace(answer.search, show_all=True)), export_target(str(file)))
        return file.read_bytes()


def _with_thumbnails(library: Library, hits: Iterable[Hit], folder: Path) -> Iterable[Hit]:
    """The hits with small pictures in the place of their files, which a server does not send for this."""
    for number, hit in enumerate(hits):
        if number == MOST_IN_GALLERY:
            raise TwinlensError(f"a gallery has at most {MOST_IN_GALLERY} photos; export fewer, or a table")
        file = folder / f"{number}.jpg"
        try:
            file.write_bytes(library.thumbnail(hit.id))
        except PhotoError:
            yield replace(hit, is_missing=True)
        else:
            yield replace(hit, path=file)
