"""The photos of a collection are in another folder now: it looks for them there, and goes with them."""

import unicodedata
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.copying import standing_still
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.sqlite.foreign import remove_ours
from twinlens.collection.place.disk import only_watcher, only_writer
from twinlens.collection.place.locate import CATALOG_NAME, default_place, is_collection, is_default_place
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders, check_apart, folder_path
from twinlens.collection.portable.copied import check_copy_fits, copied_to
from twinlens.data.file_names import as_file
from twinlens.data.packed import file_stamp
from twinlens.errors import CollectionError

FAT_S = 2  # exFAT and FAT keep dates in steps of two seconds, FAT in local time
DAY_S, HOUR_S = 86_400, 3600
Found: TypeAlias = dict[int, FileState]
"""By id, the photos whose path or date is written in another way at the new place."""


@dataclass(slots=True)
class Moved:
    """What moving the photos of a folder meant.

    Attributes:
        old: where they were.
        new: where they are.
        collection: where the collection is now.
        photos: that are known.
        here: of them, those that are at their place in the new folder, with their size and date.
        changed: those that are there with another size or date: the next index run compares their contents.
        missing: those that are not there: the next index run looks for their contents under other names.
        example: the first of those that are missing.
    """

    old: Path
    new: Path
    collection: Path
    photos: int = 0
    here: int = 0
    changed: int = 0
    missing: int = 0
    example: str = ""


def move_photos(
    catalog: Catalog, new: Path, *, folder: str | None = None, force: bool = False, dry_run: bool = False
) -> Moved:
    """Says where the photos of a folder are now. They keep their ids, vectors and what they were given.

    A collection that was inside its photos' folder, or in the user's data folder because they could not be written,
    goes to the same kind of place for the new folder; one with a place of its own stays there.

    Args:
        catalog: of the collection.
        new: the folder where the photos are.
        folder: name of the photo folder that was moved, if the collection has several.
        force: also if no photo is at its place in the new folder.
        dry_run: change nothing.

    Raises:
        CollectionError: there is no such folder, none of the photos is in it, or the collection cannot be written.
        CollectionBusyError: another process is indexing it, or keeps it up to date.
    """
    place = catalog.path.parent
    if catalog.read_only:
        raise CollectionError(f"{place} cannot be written; copy its folder to a place that can be, and move that")
    folders = PhotoFolders(place, catalog).all()
    chosen = _chosen(catalog, folders, folder)
    check_apart(new, (one for one in folders if one.id != chosen.id))
    if not new.is_dir():
        raise CollectionError(f"{new} is no folder; give the one where the photos are now")
    goes_along = len(folders) == 1 and is_default_place(place, chosen.path)
    target = default_place(new)[0] if goes_along else place
    moved, found = _compare(catalog, chosen, new, target)
    if moved.photos and not (moved.here or moved.changed) and not force:
        raise CollectionError(
            f"none of the {moved.photos:,} photos of {chosen.path} is in {new}, such as {moved.example}; nothing was "
            "changed: give the folder that has them, or --force if they were put in another order there"
        )
    is_done = target != place and _identity(target) == catalog.identity  # it was interrupted before its last step
    if target != place and not is_done:
        check_copy_fits(catalog, target)
    if dry_run or (chosen.path == new and target == place):
        return moved
    with only_writer(place, catalog), only_watcher(place, catalog):
        if target == place:
            _write(catalog, chosen, new, found)
        elif not is_done:
            with standing_still(catalog), copied_to(catalog, target) as copied:
                _write(copied, chosen, new, found, place=target)
    if target != place:
        catalog.close()
        remove_ours(place)
    return moved


def _identity(place: Path) -> str | None:
    """Which collection is at a place; None if there is none."""
    if not is_collection(place):
        return None
    with closing(Catalog(place / CATALOG_NAME, read_only=True)) as catalog:
        return catalog.identity


def _write(catalog: Catalog, folder: PhotoFolder, new: Path, found: Found, *, place: Path | None = None) -> None:
    with catalog.writing() as writer:
        catalog.move_folder(folder.id, folder_path(new, place or catalog.path.parent))
        for number, file in found.items():
            writer.rename(number, file)


def _chosen(catalog: Catalog, folders: list[PhotoFolder], name: str | None) -> PhotoFolder:
    names = {one.id: one.name for one in catalog.folders()}
    if name is not None:
        chosen = [folder for folder in folders if names[folder.id] == name]
    else:
        chosen = folders if len(folders) == 1 else [folder for folder in folders if not folder.path.is_dir()]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(f"{names[folder.id]} ({folder.path})" for folder in folders)
    raise CollectionError(f"say which photo folder was moved: --folder NAME, one of: {known}")


def _compare(catalog: Catalog, folder: PhotoFolder, new: Path, collection: Path) -> tuple[Moved, Found]:
    moved, found = Moved(folder.path, new, collection), {}
    for (folder_id, path), known in catalog.files.all().items():
        if folder_id != folder.id or known.skip_reason is not None:
            continue
        moved.photos += 1
        there = _at(new, path)
        if there is None:
            moved.missing += 1
            moved.example = moved.example or path
            continue
        form, size, mtime_ns = there
        if size == known.size_bytes and is_same_date(mtime_ns, known.mtime_ns):
            moved.here += 1
            if (form, mtime_ns) != (path, known.mtime_ns):
                found[known.id] = FileState(folder_id, form, size, mtime_ns, known.content_hash)
        else:
            moved.changed += 1
    return moved, found


def is_same_date(one_ns: int, other_ns: int) -> bool:
    """Whether two dates of a file are one, written by two file systems: in coarse steps, or in another time zone.

    >>> is_same_date(7_000_000_000, 8_000_000_000), is_same_date(0, 3600 * 10**9), is_same_date(0, 60 * 10**9)
    (True, True, False)
    """
    apart_s = abs(one_ns - other_ns) / 1e9
    return apart_s <= DAY_S + FAT_S and min(apart_s % HOUR_S, HOUR_S - apart_s % HOUR_S) <= FAT_S


def _at(new: Path, path: str) -> tuple[str, int, int] | None:
    """A file in the new folder: its path as written there (macOS writes letters with accents as two), and its stamp."""
    forms = [path] if path.isascii() else [path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))]
    for form in forms:
        try:
            return form, *file_stamp(new / as_file(form))
        except (OSError, ValueError):
            continue
    return None
