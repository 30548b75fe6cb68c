"""Walk photo folders: what is there, what is no photo, what could not be looked into."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from twinlens.data.images import PHOTO_SUFFIXES, RAW_SUFFIXES

# folders that cameras' and NAS makers' software fills with copies and thumbnails
IGNORED_FOLDERS = frozenset(
    {"@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"}
)


class FoundFile(NamedTuple):
    """A photo file as the file system shows it."""

    path: str  # below the folder, with "/"
    size_bytes: int
    mtime_ns: int


@dataclass
class Scan:
    """Contents of one photo folder, in the order of their paths.

    Attributes:
        photos: files with a photo's name.
        others: path and reason of files that are no photos, or cannot be read yet.
        unreadable: path and reason of sub-folders that could not be opened; what the
            catalog knows below them is not gone.
    """

    photos: list[FoundFile] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def scan_folder(root: Path) -> Scan:
    """Walks a folder and its sub-folders.

    Hidden files and folders and AppleDouble ``._`` files are left out. A link to a
    folder is followed unless it leads to, into or above a folder seen before.

    Raises:
        OSError: ``root`` itself cannot be listed.
    """
    scan = Scan()
    os.scandir(root).close()
    for path, entry in _walk(root, "", scan, {os.path.realpath(root)}):
        if _is_dead_link(entry):
            # an unmounted disk looks like this: what is known there is not gone
            scan.unreadable.append((_printable(path), "a link to something that is not there"))
            continue
        reason = _not_a_photo(path)
        if reason:
            scan.others.append((_printable(path), reason))
            continue
        try:
            found = entry.stat()
        except OSError as error:
            scan.others.append((path, f"unreadable: {error.strerror}"))
            continue
        if stat.S_ISREG(found.st_mode):
            scan.photos.append(FoundFile(path, found.st_size, found.st_mtime_ns))
        else:  # reading a pipe would wait for ever
            scan.others.append((path, "not a regular file"))
    return scan


def _walk(folder: Path, prefix: str, scan: Scan, seen: set[str]) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        scan.unreadable.append((prefix.rstrip("/"), f"folder cannot be opened: {error.strerror or error}"))
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


def _printable(path: str) -> str:
    """A path that can be printed, whatever bytes the file system keeps."""
    return path.encode("utf-8", "backslashreplace").decode()


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that loops
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
    """Why a file's name says that it cannot be indexed; None for a photo."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "file name is not valid Unicode"
    suffix = Path(path).suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return None
    if suffix in RAW_SUFFIXES:
        return f"RAW photos ({suffix}) are not read yet; index a JPEG beside it"
    return f"not an image ({suffix or 'no suffix'})"
