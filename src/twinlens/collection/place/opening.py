"""Where a collection is opened or made, from what a user names."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.place.locate import collection_path, default_place, find_collection, photos_path
from twinlens.data.objects.object_path import object_path
from twinlens.errors import CollectionError

logger = logging.getLogger(__name__)
PathLike = str | os.PathLike[str]


class NewPlace(NamedTuple):
    """Where a collection is made.

    Attributes:
        collection: the collection folder.
        photos: its photo folders.
    """

    collection: Path
    photos: list[Path]


def place_to_open(path: PathLike) -> Path | None:
    """The collection folder of a photo folder, or of itself; None if there is none yet.

    Raises:
        CollectionError: the path is inside a photo folder.
    """
    place = collection_path(path)
    located = find_collection(place)
    if located is None:
        return None
    if located.within is not None:
        raise CollectionError(
            f"{place} is inside a folder that is already indexed; "
            f"open {located.photos} and search with folder={str(place)!r}"
        )
    return located.collection


def place_to_create(folders: Sequence[PathLike] | PathLike, at: PathLike | None) -> NewPlace:
    """Where the collection of photo folders is made: ``at``, or at its default place, which is told if it is elsewhere.

    Raises:
        CollectionError: a folder is no path, or several were given without ``at``.
    """
    named = [folders] if isinstance(folders, str | os.PathLike) else folders
    photos = [photos_path(folder) for folder in named]
    if at is None and len(photos) != 1:
        raise CollectionError(
            f"a collection of {len(photos)} folders needs a place of its own: give --collection DIR (at=DIR in Python)"
        )
    places = [default_place(folder) for folder in photos]  # also checks that they are there
    if at is not None:
        return NewPlace(_local_place(at), photos)
    place, why = places[0]
    if why:
        logger.warning("%s, so the collection is stored in %s", why, place)
    return NewPlace(place, photos)


def _local_place(path: PathLike) -> Path:
    if (place := object_path(path)) is not None:
        raise CollectionError(
            f"a collection needs a folder of this machine, got {place}: its files are written in place and mapped "
            "into memory; name a local one with --collection DIR"
        )
    return collection_path(path)
