"""Collections that move: into an archive and out of it, to another place, into one another, apart."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twinlens.api.library import find_existing
from twinlens.collection.catalog.portable.parting import name_anew
from twinlens.collection.curating.given_photos import GivenPhotos
from twinlens.collection.place.locate import default_place, user_path
from twinlens.collection.place.photo_folders import PhotoFolders, folder_path
from twinlens.collection.portable.copied import check_copy_fits, copied_to
from twinlens.collection.portable.exporting import export_catalog
from twinlens.collection.portable.importing import import_given, import_new
from twinlens.collection.portable.merging import Merged
from twinlens.collection.portable.merging import merge as merge_catalogs
from twinlens.collection.portable.moving import Moved, move_photos
from twinlens.collection.portable.opened_archive import OpenedArchive
from twinlens.collection.portable.splitting import Split, no_folder, split_folder, split_photos
from twinlens.collection.portable.take_in import OnPhotos, TakenIn
from twinlens.collection.searching.query import parse_query
from twinlens.errors import CollectionError, ConfigError

__all__ = [
    "Merged",
    "Moved",
    "Split",
    "TakenIn",
    "export",
    "import_into",
    "import_to",
    "merge",
    "move",
    "split",
    "split_query",
]

_QUERY_SIGN = re.compile(r"""[:<>="]|\bOR\b|(^|\s)-""")


def export(
    place: str | Path | None,
    file: str | Path,
    *,
    vectors: bool = False,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> tuple[int, int]:
    """Exports a collection to a new file; see ``export_catalog``."""
    with find_existing(place).collection as collection:
        return export_catalog(
            collection.catalog, user_path(file), vectors=vectors, dry_run=dry_run, on_photos=on_photos
        )


def import_into(
    place: str | Path | None, file: str | Path, *, dry_run: bool = False, on_photos: OnPhotos = lambda _, __: None
) -> TakenIn:
    """Gives the photos of a collection what an archive says; see ``import_given``."""
    archive = OpenedArchive(user_path(file))
    with find_existing(place).collection as collection:
        return import_given(collection.catalog, archive, dry_run=dry_run, on_photos=on_photos)


def import_to(
    file: str | Path,
    photos: Sequence[str],
    *,
    at: str | Path | None = None,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> tuple[Path, TakenIn]:
    """Makes a collection from an archive; see ``import_new``.

    Args:
        file: the archive.
        photos: the folder where the photos are now; or several, as NAME=FOLDER by their names in the archive.
        at: place of the collection; by default that of a new one of the folder.
        dry_run: only check.
        on_photos: called with the number of photos that are in, and of all.

    Returns:
        the place of the collection, and what was taken in.

    Raises:
        ConfigError: a folder of the archive is missing among ``photos``, or one is unknown.
        CollectionError: a folder is missing on disk; see ``import_new``.
    """
    archive = OpenedArchive(user_path(file))
    folders = _named_folders(list(archive.folders), photos)
    if at is None and len(folders) > 1:
        raise CollectionError(f"a collection of {len(folders)} folders needs a place of its own: give --collection DIR")
    for folder in folders.values():
        default = default_place(folder)[0]  # raises if there is no such folder
    place = default if at is None else user_path(at)
    return place, import_new(archive, place, folders, dry_run=dry_run, on_photos=on_photos)


def move(
    place: str | Path | None, new: str | Path, *, folder: str | None = None, force: bool = False, dry_run: bool = False
) -> Moved:
    """Says where the photos of a collection are now; see ``move_photos``."""
    with find_existing(place).collection as collection:
        return move_photos(collection.catalog, user_path(new), folder=folder, force=force, dry_run=dry_run)


def merge(
    place: str | Path | None,
    other: str | Path,
    *,
    to: str | Path | None = None,
    given_only: bool = False,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> Merged:
    """Takes another collection's photos in; see ``merge_catalogs``.

    Args:
        place: of the collection that takes them in.
        other: a photo folder, or a collection.
        to: make a new collection of both there, and change neither.
        given_only: take what was given to equal contents only.
        dry_run: say what would be taken in.
        on_photos: called with the number of photos that were looked at, and of all.
    """
    options: dict[str, Any] = {"given_only": given_only, "on_photos": on_photos}
    with find_existing(place).collection as one, find_existing(other).collection as another:
        if to is None:
            return merge_catalogs(one.catalog, another.catalog, dry_run=dry_run, **options)
        target = user_path(to)
        if dry_run:
            check_copy_fits(one.catalog, target)
            return merge_catalogs(one.catalog, another.catalog, place=target, dry_run=True, **options)
        with copied_to(one.catalog, target) as copied:
            name_anew(copied)
            for folder in one.folders():
                copied.move_folder(folder.id, folder_path(folder.path, target))
            return merge_catalogs(copied, another.catalog, place=target, **options)


def split(place: str | Path | None, part: str, to: str | Path, *, remove: bool = False, dry_run: bool = False) -> Split:
    """Makes a collection of a part of another one; see ``split_folder`` and ``split_photos``.

    Args:
        place: of the collection that has the photos.
        part: a folder with photos, also as its path in a photo folder; or a query with a field, a phrase or an
            operator. Words alone are no query here, but a folder that is spelt wrong: ``split_query`` takes them.
        to: place of the new collection.
        remove: the other collection shall have the photos no longer; for a folder only.
        dry_run: change nothing.

    Raises:
        QueryError: the query cannot be used.
        CollectionError: there is no such folder; see ``split_folder``.
    """
    with find_existing(place).collection as collection:
        if (folder := _folder_of(part, [one.path for one in collection.folders()])) is not None:
            return split_folder(collection.catalog, folder, user_path(to), remove=remove, dry_run=dry_run)
        if not (_QUERY_SIGN.search(part) and parse_query(part).has_logic):
            raise CollectionError(no_folder(collection.catalog, part))
    return split_query(place, part, to, remove=remove, dry_run=dry_run)


def split_query(
    place: str | Path | None, query: str, to: str | Path, *, remove: bool = False, dry_run: bool = False
) -> Split:
    """Makes a collection of all photos that match a query; see ``split`` and ``split_photos``."""
    if remove:
        raise CollectionError("--remove takes a folder: the photos of a query would come back with the next index")
    opened = find_existing(place)
    with opened.collection as collection:
        found = collection.find_all(parse_query(query), **opened.filters())
        numbers = GivenPhotos(collection.catalog, PhotoFolders(collection.path, collection.catalog)).numbers(found)
        return split_photos(collection.catalog, numbers, user_path(to), dry_run=dry_run)


def _folder_of(part: str, roots: Sequence[Path]) -> Path | None:
    """The folder that is meant, if one is."""
    named = [user_path(part), *(root / part for root in roots)]
    return next((folder for folder in named if folder.is_dir()), None)


def _named_folders(names: Sequence[str], photos: Sequence[str]) -> dict[str, Path]:
    if len(names) == 1 and len(photos) == 1 and not photos[0].startswith(f"{names[0]}="):
        return {names[0]: user_path(photos[0])}
    given = dict(one.split("=", 1) for one in photos if "=" in one)
    if set(given) != set(names) or len(given) != len(photos):
        wanted = " ".join(f"--photos {name}=FOLDER" for name in names)
        raise ConfigError(f"the archive has {len(names)} photo folders; say where each is: {wanted}")
    return {name: user_path(folder) for name, folder in given.items()}
