"""Open a collection for a command or a server, and access its contents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.postgres.replica_state import ReplicaState
from twinlens.collection.catalog.sqlite.integrity import refuse_emptied
from twinlens.collection.catalog.texts.briefs import own_caption
from twinlens.collection.collection import Collection
from twinlens.collection.place.broad import broad_folder
from twinlens.collection.place.locate import (
    CATALOG_NAME,
    Located,
    collection_path,
    find_collection,
    find_lost,
    photos_path,
    user_path,
)
from twinlens.collection.place.presence import is_absent, is_gone
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.filters.within import Area, parse_area, read_area
from twinlens.collection.showing.card import PhotoCard
from twinlens.collection.showing.exporting.gallery import GalleryPhoto, gallery_page
from twinlens.collection.showing.facts import LibraryFacts
from twinlens.collection.showing.file import OutsideLibraryError, PhotoFile, photo_file
from twinlens.collection.showing.grid import GridPhoto
from twinlens.collection.showing.map import Projection
from twinlens.collection.showing.maps.places import PlaceCluster, PlacesMap
from twinlens.collection.showing.maps.world import View
from twinlens.collection.showing.suggestions import Suggestion, SuggestionKind
from twinlens.collection.showing.thumbnails import THUMBNAIL_SIDES_PX, THUMBNAILS, ThumbnailCache
from twinlens.data.objects.object_path import ObjectPath, as_path
from twinlens.errors import BundleError, CollectionError, CollectionNotFoundError, TwinlensError, UnknownPartError


@dataclass(frozen=True, slots=True)
class Opened:
    """A collection opened for a command.

    Attributes:
        collection: the command closes it.
        within: the subfolder that the command is limited to; None = all.
        is_new: nothing is indexed yet, or the first run has not finished.
    """

    collection: Collection
    within: Path | None
    is_new: bool

    def filters(self, values: Mapping[str, Any] | None = None) -> Filters:
        """Filters by name, limited to the sub-folder that was meant.

        Raises:
            QueryError: a filter is invalid.
        """
        given = dict(values or {})
        asked = given.get("folder")
        if self.within is not None and not (asked and as_path(asked).expanduser().is_absolute()):
            given["folder"] = str(self.within / asked) if asked else str(self.within)
        return Filters(**given)


def open_for_search(place: str | Path | None, *, model: str | None = None) -> Opened:
    """Opens the collection that a command searches.

    Args:
        place: a photo folder, a subfolder of one, or a collection; None = the nearest
            collection at or above the current folder, limited to the current folder.
        model: must be the collection's model if it has photos.

    Raises:
        CollectionError: the place is missing.
        CatalogDamagedError: a collection was there, and its catalog is missing.
    """
    folder = collection_path(place if place is not None else ".")
    located = _located(folder)
    if located is None:
        return Opened(Collection.create([folder], model=model), None, is_new=True)
    if not isinstance(folder, ObjectPath) and not folder.is_dir():
        raise CollectionError(f"the photo folder {folder} does not exist or is not a folder")
    collection = Collection(located.collection, model=model)
    return Opened(collection, located.within, is_new=not collection.is_complete)


def broad_place() -> tuple[Path, str] | None:
    """The current folder and what it is, if it is not indexed and too much to index unasked; else None.

    Raises:
        CollectionError: the current folder is gone.
    """
    folder = user_path(".")
    what = broad_folder(folder) if find_collection(folder) is None else None
    return None if what is None else (folder, what)


def find_existing(place: str | Path | None, *, model: str | None = None, store: str | None = None) -> Opened:
    """The same as ``open_for_search``, but never creates a collection.

    Raises:
        CollectionNotFoundError: there is none.
        CatalogDamagedError: there was one, and its catalog is missing.
    """
    folder = collection_path(place if place is not None else ".")
    located = _located(folder)
    if located is None:
        raise no_collection(folder)
    return Opened(Collection(located.collection, model=model, store=store), located.within, is_new=False)


def no_collection(folder: Path) -> CollectionNotFoundError:
    """The error where no collection is found."""
    return CollectionNotFoundError(f"there is no collection at or above {folder}; create one: twinlens index {folder}")


def _located(folder: Path) -> Located | None:
    """The collection at a folder or above it; one that lost its catalog is refused, as if it were damaged."""
    located = find_collection(folder)
    if located is None and (lost := find_lost(folder)) is not None and lost != folder:
        refuse_emptied(lost / CATALOG_NAME)
    return located


def open_for_serving(place: str | None, *, model: str | None = None, may_be_empty: bool = True) -> Collection:
    """Opens a whole collection for a server; creates an empty one for a folder without, to be indexed from the page.

    Args:
        place: a photo folder or a collection; None = the nearest at or above the current folder.
        model: must be the collection's model if it has photos.
        may_be_empty: create one for a folder without files, too, which may be where a disk is not mounted.

    Raises:
        CollectionNotFoundError: there is none, and the folder is missing, or too much to index, as a home folder.
        CollectionError: the path is a subfolder, but the whole collection would be served.
    """
    try:
        opened = find_existing(place, model=model)
    except CollectionNotFoundError as error:
        folder = photos_path(place if place is not None else ".")
        is_there = isinstance(folder, ObjectPath) or folder.is_dir()
        if not is_there or broad_folder(folder) is not None:
            raise CollectionNotFoundError(f"{error}, or give another one with --in or --library") from error
        if not may_be_empty and is_absent(folder):
            raise CollectionNotFoundError(
                f"{folder} is empty, as where a disk is not mounted; mount it, or put photos there"
            ) from error
        return Collection.create([folder], model=model)
    if opened.within is not None:
        folders = ", ".join(str(folder.path) for folder in opened.collection.folders())
        opened.collection.close()
        raise CollectionError(
            f"{opened.within} is part of the collection of {folders}; serve all of it with --in {folders}, "
            f"or create a collection of this part: twinlens index {opened.within} --collection DIR"
        )
    opened.collection.tell_outer_folders()
    return opened.collection


def warm_up(collection: Collection) -> None:
    """Loads everything that the first query needs, and checks the model's files.

    Raises:
        TwinlensError: the model is damaged or not the collection's; the message mentions ``--model``.
    """
    try:
        encoder = collection.encoder
        encoder.warm_up()
        encoder.verify()
    except (BundleError, UnknownPartError) as error:
        raise type(error)(f"{error}; or give another one with --model") from error
    except TwinlensError as error:
        raise type(error)(f"{error}; --model must be the collection's model") from error
