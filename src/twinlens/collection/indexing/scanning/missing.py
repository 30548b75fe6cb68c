"""Folders whose photos are missing as if a disk were not mounted: nothing is removed there without a yes."""

import json
import posixpath
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.place.photo_folders import PhotoFolder

KEY = "other_disks"  # in the catalog's meta table: the subfolders that were mount points, by photo folder
KEPT_KEY = "kept_folders"  # the folders that the last run kept
EMPTY = "contains no photos now"
NO_DISK = "was on a disk of its own and is not now"
OTHER_DISK = "is on a disk of its own now and was not"


class MissingFolder(NamedTuple):
    """A subfolder whose indexed photos are missing; perhaps its disk is not mounted.

    Attributes:
        path: as in the ids of its photos.
        photos: how many of its searchable photos are missing.
        reason: why it may be the disk.
    """

    path: str
    photos: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.reason} (indexed photos missing there: {self.photos:,}); is its disk mounted?"

    def to_json(self) -> dict[str, Any]:
        """One of the ``kept_folders`` of ``twinlens index --json``."""
        return self._asdict()


ForgetMissing: TypeAlias = bool | Callable[[MissingFolder], bool]
"""Whether missing photos of such folders are removed: of all, of none, or where the function returns True."""


def kept_folders(
    catalog: Catalog,
    folders: Sequence[PhotoFolder],
    scans: Mapping[int, Scan],
    gone: Sequence[tuple[int, str]],
    forget_missing: ForgetMissing,
) -> dict[int, dict[str, MissingFolder]]:
    """The subfolders whose missing photos stay in the catalog, by photo folder and path.

    Records which subfolders are mount points, for the next run.

    Args:
        catalog: of the collection.
        folders: all its photo folders.
        scans: by photo folder.
        gone: photo folder and path of missing searchable photos.
        forget_missing: see ``ForgetMissing``.
    """
    known = _known_disks(catalog)
    ask = forget_missing if callable(forget_missing) else lambda _: bool(forget_missing)
    kept: dict[int, dict[str, MissingFolder]] = {}
    disks: dict[str, list[str]] = {}
    for folder in folders:
        scan, before = scans[folder.id], None if known is None else known.get(str(folder.id), [])
        paths = [path for folder_id, path in gone if folder_id == folder.id]
        doubtful = doubtful_folders(scan, paths, before)
        kept[folder.id] = {
            one.path: missing for one in doubtful if not ask(missing := one._replace(path=folder.prefix + one.path))
        }
        disks[str(folder.id)] = _disks(scan, before or [], kept[folder.id])
    if disks != known:
        catalog.set_meta({KEY: json.dumps(disks)})
    told = [missing for own in kept.values() for missing in own.values()]
    if told != folders_kept_last(catalog):
        catalog.set_meta({KEPT_KEY: json.dumps(told)})
    return kept


def folders_kept_last(catalog: Catalog) -> list[MissingFolder]:
    """The folders that the last run kept; none if that cannot be read."""
    try:
        return [MissingFolder(str(path), int(photos), str(reason)) for path, photos, reason in _told(catalog)]
    except (ValueError, OverflowError, TypeError, RecursionError):  # overwritten
        return []


def has_other_disks(catalog: Catalog) -> bool:
    """Whether a subfolder was a mount point in the last run, or that is not known."""
    known = _known_disks(catalog)
    return known is None or any(known.values())


def _told(catalog: Catalog) -> Any:
    return json.loads(catalog.meta(KEPT_KEY) or "[]")


def _known_disks(catalog: Catalog) -> dict[str, list[str]] | None:
    """The subfolders that were mount points in the last run, by photo folder; None if that is not known."""
    try:
        found = json.loads(catalog.meta(KEY) or "null")
    except (ValueError, RecursionError):  # overwritten
        return None
    return found if isinstance(found, dict) and all(isinstance(one, list) for one in found.values()) else None


def doubtful_folders(scan: Scan, missing: Sequence[str], other_disks: Sequence[str] | None) -> list[MissingFolder]:
    """Subfolders whose photos may only seem to be gone; none is inside another one.

    A folder that was deleted as a whole is none of them, unless it was a mount point.

    Args:
        scan: of the photo folder.
        missing: paths of the photos that it no longer contains.
        other_disks: subfolders that were mount points in the last run; None = not known.
    """
    full = {around for folder in scan.photos.folders() for around in _around(folder)} if missing else set()
    reasons: dict[str, str | None] = {}
    found: dict[str, list[str]] = {}
    for path in missing:
        for folder in _around(path):
            if folder not in reasons:
                reasons[folder] = _doubt(folder, scan, full, other_disks)
            if reasons[folder]:
                found.setdefault(folder, []).append(path)
                break
    doubtful = []
    for folder, paths in sorted(found.items()):
        reason = reasons[folder] or ""
        place = _innermost(paths, scan) if reason == EMPTY else folder
        doubtful.append(MissingFolder(place, len(paths), reason))
    return doubtful


def is_below(path: str, folders: Container[str]) -> bool:
    """Whether a path is one of the folders, or inside one; "" is the photo folder itself."""
    return "" in folders or path in folders or any(folder in folders for folder in _around(path))


def _around(path: str) -> Iterator[str]:
    """The subfolders around a path, from the outside in."""
    parts = path.split("/")
    for end in range(1, len(parts)):
        yield "/".join(parts[:end])


def _doubt(folder: str, scan: Scan, full: set[str], other_disks: Sequence[str] | None) -> str | None:
    is_other = scan.folders.get(folder, False)
    if other_disks is not None and is_other != (folder in other_disks):
        return OTHER_DISK if is_other else NO_DISK
    return EMPTY if folder in scan.folders and folder not in full else None


def _innermost(missing: Sequence[str], scan: Scan) -> str:
    """The innermost existing folder around all of some missing photos."""
    inner = posixpath.commonpath([posixpath.dirname(path) for path in missing])
    while inner not in scan.folders:
        inner = posixpath.dirname(inner)
    return inner


def _disks(scan: Scan, before: Sequence[str], kept: Iterable[str]) -> list[str]:
    """The subfolders that are mount points; in those that could not be seen, the earlier ones."""
    unseen = {*kept, *(path for path, _ in scan.unreadable)}
    now = [path for path, is_other in scan.folders.items() if is_other and not is_below(path, unseen)]
    return sorted([*now, *(path for path in before if is_below(path, unseen))])
