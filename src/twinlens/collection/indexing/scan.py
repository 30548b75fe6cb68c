"""Scan photo folders: photos, other files, and folders that cannot be read."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from twinlens.data.decoding.kinds import NOT_READ_YET, unread_kind
from twinlens.data.file_names import as_text
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.errors import valid_unicode

LINK_OUT = "link that leads out of the folder, not followed; --follow-links includes it"
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
        unreadable: path and reason of subfolders that could not be opened and of broken links that
            lead out of the folder and are followed; known photos there do not count as missing.
        folders: all folders that could be opened, "" for the scanned one, and whether each is on
            another disk than the folder around it, as a mount point is.
        dates: modification time in ns of each folder that could be opened, "" for the scanned one.
    """

    photos: list[FoundFile] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    folders: dict[str, bool] = field(default_factory=dict, compare=False)
    dates: dict[str, int] = field(default_factory=dict, compare=False)


def scan_folder(root: Path, *, follow_links: bool = False) -> Scan:
    """Scans a folder and its subfolders.

    Skips hidden files and folders and AppleDouble ``._`` files. A link to a photo in the
    folder is a photo of its own; one to a folder is followed unless its target is, contains
    or is inside a folder already scanned.

    Args:
        root: may itself be a link.
        follow_links: also index what is behind links that lead out of ``root``; otherwise they
            are listed as ``others``.

    Raises:
        OSError: ``root`` itself cannot be listed.
    """
    scan = Scan()
    os.scandir(root).close()
    library = Path(os.path.realpath(root))
    for name, entry in _walk(root, "", scan, {str(library)}, None if follow_links else library, disk=None):
        path = as_text(name)
        if _is_dead_link(entry):
            # outside, an unmounted disk looks like this: known photos there do not count as missing
            is_away = follow_links and _link_out(entry, library)
            (scan.unreadable if is_away else scan.others).append((path, "broken link"))
            continue
        reason = why_not_a_photo(path) or (None if follow_links else _link_out(entry, library))
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


def _walk(
    folder: Path, prefix: str, scan: Scan, seen: set[str], library: Path | None, *, disk: int | None
) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Files below a folder.

    Links that lead out of ``library`` are not followed, None = all are. ``disk`` is the device of the folder around it.
    """
    try:
        state = folder.stat()  # before it is listed: what is added meanwhile counts as added later
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        scan.unreadable.append((as_text(prefix.rstrip("/")), f"folder cannot be opened: {error.strerror or error}"))
        return
    own = as_text(prefix.rstrip("/"))
    scan.folders[own] = disk is not None and state.st_dev != disk
    scan.dates[own] = state.st_mtime_ns
    for entry in entries:
        if is_left_out(entry.name):
            continue
        path = prefix + entry.name
        if not is_folder(entry):
            yield path, entry
        elif library is not None and (reason := _link_out(entry, library)):
            scan.others.append((as_text(path), reason))
        elif _is_new(entry, seen):
            yield from _walk(Path(entry.path), path + "/", scan, seen, library, disk=state.st_dev)


def is_left_out(name: str) -> bool:
    """Whether files and folders of this name are passed over without a word."""
    return name.startswith(".") or name in IGNORED_FOLDERS


def _is_dead_link(entry: "os.DirEntry[str]") -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 — also False for a loop


def is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_link(entry: "os.DirEntry[str]") -> bool:
    is_junction = getattr(entry, "is_junction", None)  # a link of Windows; asked for since Python 3.12
    return entry.is_symlink() or bool(is_junction and is_junction())


def _link_out(entry: "os.DirEntry[str]", library: Path) -> str | None:
    if not _is_link(entry) or Path(os.path.realpath(entry.path)).is_relative_to(library):
        return None
    return LINK_OUT


def _is_new(entry: "os.DirEntry[str]", seen: set[str]) -> bool:
    if not _is_link(entry):
        return True
    target = os.path.realpath(entry.path)
    if any(Path(target).is_relative_to(known) or Path(known).is_relative_to(target) for known in seen):
        return False
    seen.add(target)
    return True


def why_not_a_photo(path: str) -> str | None:
    """Why a file cannot be indexed, judged by its name; None for a photo."""
    if valid_unicode(path) != path:  # on Windows
        return "file name is not valid Unicode"
    suffix = Path(path).suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return None
    if kind := unread_kind(suffix):
        return f"{NOT_READ_YET}: {kind} ({suffix})"
    return f"not an image by its name ({suffix or 'no suffix'})"
