"""Export the hits of an answer: to a CSV, a JSON file, an HTML gallery, or a folder of links or copies."""

import csv
import io
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.collection.searching.answer import Answer, hit_json
from twinlens.collection.showing.exporting.archive import table_cell
from twinlens.collection.showing.exporting.contact_sheet import check_sheet_path, write_contact_sheet
from twinlens.data.images import read_photo_bytes
from twinlens.data.objects.object_path import ObjectPath
from twinlens.errors import PhotoError, QueryError, valid_unicode
from twinlens.types import Hit
from twinlens.whole_file import whole_file

FILES = (".csv", ".json", ".html")
MOST_NAME_BYTES = 230  # of 255, with room for the rank, and for what is added while a file is written
COLUMNS = (
    "rank image_id image_path score probability grade found_by caption width height taken_at date_source "
    "is_favourite rating tags missing num_alike"
).split()


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """Where hits are exported to; see ``export_target``.

    Attributes:
        path: a file with one of the endings ``FILES``, or a folder.
        is_folder: of links to the photos, or of copies.
        copies: copies instead of links; of photos in object storage there are only copies.
    """

    path: Path
    is_folder: bool
    copies: bool = False


def export_target(written: str, *, copies: bool = False) -> ExportTarget:
    """Reads the name of an export, and checks that nothing is in its way.

    Args:
        written: a file with one of the endings ``FILES``, or a folder: one that is there and empty, or ends in "/".
        copies: copy photos to the folder, instead of linking them.

    Raises:
        QueryError: the ending is another one, something is there already, or nothing can be written there.
    """
    path = Path(written).expanduser()
    try:
        is_folder = path.is_dir() or written.endswith(("/", os.sep))
        suffix = "" if is_folder else path.suffix.lower()
        if not is_folder and suffix not in FILES:
            raise QueryError(f"an export must end in {', '.join(FILES)}, or in / for a folder, got {written!r}")
        if copies and not is_folder:
            raise QueryError(f"photos are copied to a folder, not to a file; end {written!r} in /")
        if is_folder and path.exists():
            _check_empty(path)
        elif suffix == ".html":
            check_sheet_path(path)  # an earlier gallery is replaced
        elif os.path.lexists(path):
            raise QueryError(f"{path} already exists; choose another name")
        _check_home(path, may_be_made=is_folder)
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror or error}") from error
    return ExportTarget(path, is_folder, copies)


def check_outside(target: ExportTarget, folders: Iterable[Path]) -> None:
    """Checks that links and copies will not be photos of the library themselves.

    Args:
        target: of an export.
        folders: the photo folders of the library.

    Raises:
        QueryError: the folder is in one of them.
    """
    for folder in folders:
        if target.is_folder and target.path.resolve().is_relative_to(folder.resolve()):
            raise QueryError(
                f"{target.path} is inside the photo folder {folder}, which would take its links and copies for "
                "photos of its own; choose a folder elsewhere"
            )


def write_export(answer: Answer, target: ExportTarget) -> int:
    """Exports the hits that match, or all that were asked for; those whose files are gone have no place in a folder.

    Returns:
        How many hits are in it.

    Raises:
        QueryError: something cannot be written.
    """
    hits = answer.matching
    there = [hit for hit in hits if not hit.is_missing]
    try:
        if target.is_folder:
            _fill_folder(there, target)
            return len(there)
        match target.path.suffix.lower():
            case ".html":
                write_contact_sheet([(answer.search.query.text, hits)], target.path)
                return len(there)
            case ".json":
                _write(target.path, valid_unicode(json.dumps(answer.to_json(), ensure_ascii=False), backslash="\\\\"))
            case _:
                _write(target.path, _table(hits))
    except OSError as error:
        raise QueryError(f"{error.filename or target.path} cannot be written: {error.strerror or error}") from error
    return len(hits)


def _check_empty(folder: Path) -> None:
    if not folder.is_dir():
        raise QueryError(f"{folder} is a file; name a folder, or end the file's name in {', '.join(FILES)}")
    if any(folder.iterdir()):
        raise QueryError(f"the folder {folder} is not empty; choose a new one")


def _check_home(path: Path, *, may_be_made: bool) -> None:
    home = path if may_be_made else path.parent
    while may_be_made and not home.exists():
        home = home.parent
    if not home.is_dir():
        raise QueryError(f"{path} cannot be written: there is no folder {home}")
    if not os.access(home, os.W_OK):
        raise QueryError(f"{path} cannot be written: the folder {home} is read-only")


def _fill_folder(hits: Sequence[Hit], target: ExportTarget) -> None:
    target.path.mkdir(parents=True, exist_ok=True)
    for hit in hits:
        place = target.path / f"{hit.rank:04d}_{_shortened(hit.path)}"
        source = hit.path.absolute()
        if isinstance(source, ObjectPath):
            with whole_file(place) as partial:
                partial.write_bytes(_content(source))
        elif not target.copies:
            try:
                place.symlink_to(source)
            except OSError as error:  # Windows allows it to developers only, and some disks have no links
                why = error.strerror or error
                raise QueryError(f"{place} cannot be linked to its photo: {why}; copy the photos instead") from error
        elif os.path.lexists(place):
            raise QueryError(f"{place} already exists; choose another folder")
        else:
            with whole_file(place) as partial:
                shutil.copy2(source, partial)


def _content(photo: ObjectPath) -> bytes:
    try:
        return read_photo_bytes(photo)
    except PhotoError as error:
        raise QueryError(f"{photo} cannot be copied: {error}") from error


def _shortened(path: Path) -> str:
    """The file's name; of one that is too long, the start and the ending."""
    stem, ending = path.stem, path.suffix
    while stem and len(os.fsencode(stem + ending)) > MOST_NAME_BYTES:
        stem = stem[:-1]
    return stem + ending


def _table(hits: Sequence[Hit]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for hit in hits:
        known: dict[str, Any] = hit_json(hit, absolute_path=True)
        known |= {"found_by": " ".join(hit.found_by), "tags": "; ".join(hit.tags)}
        writer.writerow([table_cell(known[name]) for name in COLUMNS])
    return valid_unicode(table.getvalue())


def _write(path: Path, text: str) -> None:
    with whole_file(path) as place:
        place.write_text(text, encoding="utf-8", newline="")
