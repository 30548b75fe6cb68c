"""Scan photo folders: photos, other files, and folders that cannot be read."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from twinlens.data.file_names import as_text
from twinlens.data.images import PHOTO_SUFFIXES, RAW_SUFFIXES
from twinlens.errors import valid_unicode

# folders that camera and NAS software fills with copies and thumbnails
IGNORED_FOLDERS = frozenset(
    {"@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"}
)


class FoundFile(NamedTuple):
    """A photo file found on disk."""

    path: str  # relative to the folder, with "/", as text
    size_bytes: int
    mtime_ns: int


@dataclass
class Scan:
    """Contents of one photo folder, sorted by path.

    Attributes:
        photos: files with the extension of a photo.
        others: path and reason of files that are not photos or not supported.
        unreadable: path and reason of subfolders that could not be opened; known photos
            in them do not count as missing.
    """

    photos: list[FoundFile] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def scan_folder(root: Path) -> Scan:
    """Scans a folder and its subfolders.

    Skips hidden files and folders and AppleDouble ``._`` files. Follows a link to a folder
    unless its target is, contains or is inside a folder already scanned.

    Raises:
        OSError: ``root`` itself cannot be listed.
    """
    scan = Scan()
    os.scandir(root).close()
    for name, entry in _walk(root, "", scan, {os.path.realpath(root)}):
        path = as_text(name)
        if _is_dead_link(entry):
            # an unmounted disk looks like this: known photos there do not count as missing
            scan.unreadable.append((path, "broken link"))
            continue
        reason = _not_a_photo(path)
        if reason:
            scan.others.append((valid_unicode(path), reason))
            continue
        try:
            found = entry.stat()
        except OSError as error:
            scan.others.append((path, f"unreadable: {error.strerror}"))
            continue
        if stat.S_ISREG(found.st_mode):
            scan.photos.append(FoundFile(path, found.st_size, found.st_mtime_ns))
        else:  # reading a pipe would block forever
            scan.others.append((path, "not a regular file"))
    return scan


def _walk(folder: Path, prefix: str, scan: Scan, seen: set[str]) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        scan.unreadable.append((as_text(prefix.rstrip("/")), f"folder cannot be opened: {error.strerror or error}"))
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in IGNORED_FOLDERS:
            continue
        path = prefix + entry.name
        if not _is_folder(entry):
            yield path, entry
        elif _is_new(entry, seen):
            yield from _walk(Path(entry.path), path + "/", scan, seen)


def _is_dead_link(entry: "os.DirEntry[str]") -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 — also False for a loop


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_new(entry: "os.DirEntry[str]", seen: set[str]) -> bool:
    if not entry.is_symlink():
        return True
    target = os.path.realpath(entry.path)
    if any(Path(target).is_relative_to(known) or Path(known).is_relative_to(target) for known in seen):
        return False
    seen.add(target)
    return True


def _not_a_photo(path: str) -> str | None:
    """Why a file cannot be indexed, judged by its name; None for a photo."""
    if valid_unicode(path) != path:  # on Windows
        return "file name is not valid Unicode"
    suffix = Path(path).suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return None
    if suffix in RAW_SUFFIXES:
        return f"RAW photos ({suffix}) are not supported yet; save it as JPEG, too"
    return f"not an image ({suffix or 'no suffix'})"
