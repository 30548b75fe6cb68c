"""Locate collections: inside the photo folder, or in the user's data folder if it cannot be written."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from twinlens.collection.catalog.postgres.address import Address, address_at, is_address, place_of
from twinlens.collection.catalog.sqlite.file_system import network_file_system
from twinlens.collection.catalog.sqlite.integrity import was_used
from twinlens.config import data_folder
from twinlens.data.objects.named import remember
from twinlens.data.objects.object_path import ObjectPath, object_path
from twinlens.errors import CollectionError

FOLDER_NAME = ".twinlens"
CATALOG_NAME = "catalog.sqlite"


@dataclass(frozen=True, slots=True)
class Located:
    """A collection folder, and which part of the collection the path refers to.

    Attributes:
        collection: the collection folder.
        photos: the photo folder that contains it; None if the path is the collection folder itself.
        within: the subfolder of ``photos`` that the path refers to; None = all of it.
    """

    collection: Path
    photos: Path | None = None
    within: Path | None = None


def user_path(path: str | os.PathLike[str]) -> Path:
    """A user's path made absolute, with ``~`` expanded and links resolved.

    Raises:
        CollectionError: the current folder is gone, ``~name`` is unknown, the path contains a NUL, or it is the
            address of a catalog.
    """
    if str(path).startswith(("postgresql:/", "postgres:/")):
        raise CollectionError(f"{path} is the address of a catalog; a folder is needed here")
    try:
        return Path(os.path.realpath(Path(path).expanduser()))
    except FileNotFoundError as error:
        raise CollectionError("the current folder is gone; change to one that exists, or use --in") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise CollectionError(f"{str(path)!r} is not a valid path: {error}") from error


def collection_path(path: str | os.PathLike[str]) -> Path:
    """A collection as a user names it: photos or a folder; or a catalog by its address, which has a folder here.

    Raises:
        ConfigError: the address is none.
        CollectionError: see ``photos_path``; or the folder cannot be made.
    """
    if isinstance(path, str) and is_address(path):
        return place_of(Address.parse(path))
    return photos_path(path)


def photos_path(path: str | os.PathLike[str]) -> Path:
    """A photo folder as a user names it: a place in object storage by its URL, or a path as of ``user_path``.

    Raises:
        CollectionError: see ``user_path``; or the URL has a password, or names no bucket.
    """
    return object_path(path) or user_path(path)


def is_collection(folder: Path) -> bool:
    """True if a folder contains a readable catalog, or belongs to one on a server."""
    try:
        return (folder / CATALOG_NAME).is_file() or address_at(folder) is not None
    except OSError:  # no permission for a parent folder
        return False


def find_collection(place: Path) -> Located | None:
    """The collection at a path, else the nearest one in a folder above it."""
    if isinstance(place, ObjectPath):
        return _find_elsewhere(place)
    place = Path(os.path.realpath(place))
    if is_collection(place):
        return Located(place)
    for folder in (place, *place.parents):
        for candidate in (folder / FOLDER_NAME, _elsewhere(folder)):
            if is_collection(candidate):
                return Located(candidate, folder, None if folder == place else place)
    return None


def find_lost(place: Path) -> Path | None:
    """The folder of a collection that was used and whose catalog is missing: at a path or above it."""
    if isinstance(place, ObjectPath):
        elsewhere = _elsewhere(place)
        return elsewhere if elsewhere.is_dir() and not is_collection(elsewhere) and was_used(elsewhere) else None
    place = Path(os.path.realpath(place))
    for folder in (place, *(one / FOLDER_NAME for one in (place, *place.parents)), _elsewhere(place)):
        if folder.is_dir() and not is_collection(folder) and was_used(folder):
            return folder
    return None


def default_place(photos: Path) -> tuple[Path, str | None]:
    """The location for a new collection, and why it is not inside the photo folder (None = it is).

    Raises:
        CollectionError: the folder is missing or is a file. Object storage is not asked.
    """
    if isinstance(photos, ObjectPath):
        return _elsewhere(photos), "the photos are in object storage"
    photos = photos.resolve()
    if not photos.exists():
        raise CollectionError(f"the photo folder {photos} does not exist")
    if not photos.is_dir():
        raise CollectionError(f"{photos} is a file; give the folder that contains the photos")
    if not os.access(photos, os.W_OK):
        return _elsewhere(photos), "the folder cannot be written"
    # derived files are mapped into memory, and searches should not wait for a network
    if file_system := network_file_system(photos):
        return _elsewhere(photos), f"the folder is on a network file system ({file_system})"
    return photos / FOLDER_NAME, None


def _find_elsewhere(place: ObjectPath) -> Located | None:
    """The collection of a place in object storage, or of the nearest one around it."""
    for folder in (place, *place.parents):
        if folder.is_absolute() and is_collection(candidate := _elsewhere(folder)):
            remember(folder)  # it has a collection where only the user writes
            return Located(candidate, folder, None if folder == place else place)
    return None


def is_default_place(place: Path, photos: Path) -> bool:
    """Whether a collection lies where that of a photo folder is looked for."""
    return place in (photos / FOLDER_NAME, _elsewhere(photos))


def _elsewhere(photos: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(photos)).hexdigest()[:12]
    return data_folder() / "collections" / f"{photos.name or 'root'}-{digest}"
