"""Where a collection lives: inside the photo folder, or in the user's data folder when that cannot be."""

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from twinlens.config import data_folder
from twinlens.errors import CollectionError

FOLDER_NAME = ".twinlens"
CATALOG_NAME = "catalog.sqlite"
# SQLite's write-ahead log needs shared memory, which network file systems do not give
_NETWORK_FILE_SYSTEMS = frozenset(
    "nfs nfs4 cifs smb smb2 smb3 smbfs afs 9p ceph glusterfs fuse.sshfs fuse.rclone davfs fuse.davfs2".split()
)


@dataclass(frozen=True, slots=True)
class Located:
    """A collection's folder, and what part of it was meant.

    Attributes:
        collection: the collection's own folder.
        photos: the photo folder that led to it; None when the collection itself was named.
        within: the sub-folder of ``photos`` that was meant; None = all of it.
    """

    collection: Path
    photos: Path | None = None
    within: Path | None = None


def user_path(path: str | os.PathLike[str]) -> Path:
    """A path as a user writes it, absolute, with ``~`` and links followed.

    Raises:
        CollectionError: the current folder is gone, ``~name`` is nobody, or the path holds a NUL.
    """
    try:
        return Path(os.path.realpath(Path(path).expanduser()))
    except FileNotFoundError as error:
        raise CollectionError("the current folder is gone; change to one that exists, or use --in") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise CollectionError(f"{str(path)!r} is no usable path: {error}") from error


def is_collection(folder: Path) -> bool:
    """True when a folder holds a catalog that may be looked at."""
    try:
        return (folder / CATALOG_NAME).is_file()
    except OSError:  # a folder above it may not be entered
        return False


def find_collection(place: Path) -> Located | None:
    """The collection that a place belongs to: itself, or the nearest at or above it."""
    place = Path(os.path.realpath(place))
    if is_collection(place):
        return Located(place)
    for folder in (place, *place.parents):
        for candidate in (folder / FOLDER_NAME, _elsewhere(folder)):
            if is_collection(candidate):
                return Located(candidate, folder, None if folder == place else place)
    return None


def default_place(photos: Path) -> tuple[Path, str | None]:
    """Where a new collection of a photo folder goes, and why not inside it (None = inside).

    Raises:
        CollectionError: the folder is missing or is no folder.
    """
    photos = photos.resolve()
    if not photos.exists():
        raise CollectionError(f"the photo folder {photos} does not exist")
    if not photos.is_dir():
        raise CollectionError(f"{photos} is a file; give the folder that holds the photos")
    if not os.access(photos, os.W_OK):
        return _elsewhere(photos), "the folder cannot be written"
    if file_system := network_file_system(photos):
        return _elsewhere(photos), f"the folder is on a network file system ({file_system})"
    return photos / FOLDER_NAME, None


def network_file_system(path: Path) -> str | None:
    """Kind of the network file system that a path lies on; None on a local disk, and where it cannot be told."""
    if not sys.platform.startswith("linux"):
        return None
    best, kind = "", ""
    for line in Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split(" ")
        mount = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[1])  # a space is written as \040
        # of two mounts on one folder the later covers the earlier, as a share its automount
        if path.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, fields[2]
    return kind if kind in _NETWORK_FILE_SYSTEMS else None


def _elsewhere(photos: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(photos)).hexdigest()[:12]
    return data_folder() / "collections" / f"{photos.name or 'root'}-{digest}"
