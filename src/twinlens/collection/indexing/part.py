"""The part of the photo folders that has changed: only that is listed and compared with the catalog.

What changed is told by the system, and seen by the dates of the folders, which are looked at all: so files that came,
went or moved are found though an event was lost. What only a look at everything can tell is left to one: whether a
disk is missing, what is behind links, what new patterns leave out.
"""

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.indexing.excluding.folders import is_excluded, rules_below
from twinlens.collection.indexing.excluding.names import IGNORE_FILE, is_left_out
from twinlens.collection.indexing.excluding.rules import Rules
from twinlens.collection.indexing.replaced import earlier
from twinlens.collection.indexing.scanning.last_scan import read_last_scan
from twinlens.collection.indexing.scanning.missing import folders_kept_last, has_other_disks, is_below
from twinlens.collection.indexing.scanning.scan import Scan, scan_some
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder
from twinlens.data.file_names import as_file
from twinlens.data.objects.object_path import ObjectPath

SAME_TIME_S = 2.0  # file systems keep dates as coarse as this


@dataclass(frozen=True)
class Part:
    """What has changed, and what the catalog knew of it.

    Attributes:
        scans: by photo folder, of what was listed.
        gone: by photo folder, subfolders that are no longer there.
        known: the files that were in what was listed, and in what is gone.
    """

    scans: dict[int, Scan]
    gone: dict[int, set[str]]
    known: dict[FileKey, KnownFile]

    def has(self, folder_id: int, path: str) -> bool:
        """Whether a file or folder of an earlier run was in what was looked at now."""
        seen = self.scans[folder_id].dates
        return _around(path) in seen or path in seen or self.is_closed(folder_id, path)

    def is_closed(self, folder_id: int, path: str) -> bool:
        """Whether it is in a folder that is no longer there, or that cannot be opened."""
        unreadable = {place for place, _ in self.scans[folder_id].unreadable}
        return is_below(path, self.gone[folder_id] | unreadable)

    def leaves_doubt(self, catalog: Catalog, gone: Iterable[FileKey]) -> bool:
        """Whether a folder that is still there has lost all its photos, as if its disk were not mounted."""
        around: dict[FileKey, int] = {}
        for folder_id, path in gone:
            parts = path.split("/")
            for end in range(len(parts)):
                key = folder_id, "/".join(parts[:end])
                around[key] = around.get(key, 0) + 1
        return any(
            not is_below(path, self.gone[folder_id])
            and not any(path == "" or photo.path.startswith(f"{path}/") for photo in self.scans[folder_id].photos)
            and not catalog.files.has_more(folder_id, path, than=count)
            for (folder_id, path), count in around.items()
        )


def changed_part(
    catalog: Catalog, folders: Sequence[PhotoFolder], changed: Iterable[FileKey], rules: Rules
) -> Part | None:
    """What has changed since the last run; None where only a look at everything can tell.

    Args:
        catalog: of the collection.
        folders: all its photo folders.
        changed: files and folders that came, changed or went, as far as it is known.
        rules: the patterns of the collection.
    """
    last = read_last_scan(catalog)
    if last is None or catalog.follows_links or catalog.opens_archives:
        return None
    if folders_kept_last(catalog) or has_other_disks(catalog):
        return None
    if earlier(catalog):  # an interrupted run is to be completed
        return None
    part = Part({}, {}, {})
    for folder in folders:
        if isinstance(folder.path, ObjectPath):  # nobody tells what changed there, and runs that look at all ask it
            part.scans[folder.id], part.gone[folder.id] = Scan(), set()
            continue
        dates = last.dates.get(folder.id)
        if dates is None or not folder.path.is_dir():
            return None
        told = [path for number, path in changed if number == folder.id]
        places = _to_list(folder.path, told, dates)
        around = _rules_around(places, folder.path, rules, dates)
        if around is None:
            return None
        scan, met = scan_some(folder.path, around, known=dates)
        closed = {place for place, _ in scan.unreadable}
        is_left_out_now = any(below in dates and not (below in scan.folders or below in closed) for below in around)
        if any(scan.folders.values()) or is_left_out_now or _has_new_patterns(folder.path, scan, last.finished_at):
            return None  # the first: it is on a disk of its own
        missing = {below for below in dates if below and _around(below) in scan.folders and below not in met}
        part.scans[folder.id], part.gone[folder.id] = scan, missing
        for below in scan.folders:
            known = catalog.files.directly_in(folder.id, below)
            part.known.update(((folder.id, path), file) for path, file in known.items())
        for below in missing:
            part.known.update(catalog.files.below(folder.id, below))
    return part


def _has_new_patterns(root: Path, scan: Scan, since: float) -> bool:
    """Whether an ignore file was written since, perhaps without being told: it applies to all below."""
    files = (_date_of(root, f"{below}/{IGNORE_FILE}" if below else IGNORE_FILE) for below in scan.folders)
    return any(date is not None and date / 1e9 >= since - SAME_TIME_S for date in files)


def _to_list(root: Path, told: Iterable[str], dates: Mapping[str, int]) -> set[str]:
    """The folders to list: around what has changed, and those of another date; where one is gone, the one around it."""
    wanted = {below for below, date in dates.items() if _date_of(root, below) != date}
    for path in told:
        wanted.add(_around(path))
        if path in dates or (root / as_file(path)).is_dir():  # one of another name may have come to its place
            wanted |= {path, *(below for below in dates if below.startswith(f"{path}/"))}
    there: set[str] = set()
    for path in wanted:
        place = path
        while place and not (root / as_file(place)).is_dir():
            place = _around(place)
        there.add(place)
    return there


def _rules_around(places: Iterable[str], root: Path, rules: Rules, dates: Mapping[str, int]) -> dict[str, Rules] | None:
    """The rules of the folder around each that is not left out; None where a look at everything is needed."""
    found: dict[str, Rules] = {}
    for below in places:
        if not below:
            found[below] = rules
            continue
        if any((root / as_file(part)).is_symlink() for part in _all_around(below)):
            return None
        around = rules_below(rules, str(root), _around(below))
        is_out = around is None or is_left_out(posixpath.basename(below))
        if is_out or around is None or is_excluded(around, below, is_folder=True):
            if below in dates:  # it was not left out before
                return None
            continue
        found[below] = around
    return found


def _around(path: str) -> str:
    return posixpath.dirname(path)


def _all_around(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _date_of(root: Path, below: str) -> int | None:
    try:
        return os.stat(os.path.join(root, as_file(below))).st_mtime_ns  # noqa: PTH116, PTH118 — a Path takes longer
    except OSError:
        return None
