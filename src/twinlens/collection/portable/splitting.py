"""A part of a collection becomes one of its own."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.parting import forget_folder, ids_below, keep_only, make_root, name_anew
from twinlens.collection.indexing.excluding.scope import for_inside, literal
from twinlens.collection.place.disk import only_writer
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders, folder_path
from twinlens.collection.portable.copied import check_copy_fits, copied_to
from twinlens.data.file_names import as_text, on_one_line, relative_text
from twinlens.errors import CollectionError

MOST_NEAR = 3  # folders that are told where a name is none


@dataclass(frozen=True, slots=True)
class Split:
    """What was split off.

    Attributes:
        collection: the place of the new collection.
        photos: that it has.
        removed: whether the other collection has them no longer.
    """

    collection: Path
    photos: int
    removed: bool = False


def split_folder(catalog: Catalog, folder: Path, place: Path, *, remove: bool = False, dry_run: bool = False) -> Split:
    """Makes a collection of the photos in a folder, with all that is known of them and that they were given.

    Args:
        catalog: of the collection that has them.
        folder: a photo folder of it, or a folder in one.
        place: of the new collection.
        remove: the other collection shall have them no longer, and no index run brings them back.
        dry_run: change nothing.

    Raises:
        CollectionError: the folder has no indexed photos, or a place cannot be written.
        DiskFullError: it does not fit on the disk.
    """
    folders = PhotoFolders(catalog.path.parent, catalog).all()
    outer, subfolder = _within(folders, folder)
    ids = ids_below(catalog, outer.id, subfolder)
    if not ids:
        raise CollectionError(f"no photo in {folder} is indexed")
    if remove:
        _check_removable(catalog, folders, outer, subfolder)
    if dry_run:
        check_copy_fits(catalog, place, times=2)
        return Split(place, len(ids))
    with copied_to(catalog, place, smaller=True) as copied:
        name_anew(copied)
        keep_only(copied, ids, only_known=False)
        make_root(copied, outer.id, subfolder, name=as_text(folder.name) or "root", path=folder_path(folder, place))
        inside = [for_inside(pattern, subfolder) for pattern in copied.excluded]
        copied.exclude([pattern for pattern in inside if pattern is not None])
    if remove:
        _remove(catalog, ids, outer, subfolder)
    return Split(place, len(ids), removed=remove)


def split_photos(catalog: Catalog, ids: Sequence[int], place: Path, *, dry_run: bool = False) -> Split:
    """Makes a collection of some photos. Index runs keep it up to date with their files, and add no others.

    Args:
        catalog: of the collection that has them.
        ids: of the photos.
        place: of the new collection.
        dry_run: change nothing.

    Raises:
        CollectionError: there are no photos, or the place cannot be written.
        DiskFullError: it does not fit on the disk.
    """
    if not ids:
        raise CollectionError("no photo was found, so there is nothing to split off")
    if dry_run:
        check_copy_fits(catalog, place, times=2)
        return Split(place, len(ids))
    paths = {folder.id: folder.path for folder in PhotoFolders(catalog.path.parent, catalog).all()}
    with copied_to(catalog, place, smaller=True) as copied:
        name_anew(copied)
        keep_only(copied, ids, only_known=True)
        for folder in copied.folders():
            copied.move_folder(folder.id, folder_path(paths[folder.id], place))
    return Split(place, len(ids))


def no_folder(catalog: Catalog, name: str) -> str:
    """What to say of a name that is no folder with photos: the folders that are near it, and how to search instead."""
    folders = sorted({around for _, path in catalog.files.all() for around in _folders_around(path)})
    wanted = name.strip("/").casefold()
    by_name = {folder.casefold(): folder for folder in folders} | {
        folder.rpartition("/")[2].casefold(): folder for folder in reversed(folders)
    }
    near = dict.fromkeys(by_name[one] for one in get_close_matches(wanted, by_name, n=MOST_NEAR))
    meant = f" (near it: {', '.join(near)})" if near else ""
    return (
        f"{on_one_line(name)!r} is no folder with photos of this collection{meant}; "
        f"what a search finds is split off with --query {shlex.quote(on_one_line(name))}"
    )


def _folders_around(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _within(folders: Sequence[PhotoFolder], folder: Path) -> tuple[PhotoFolder, str]:
    for outer in folders:
        if folder.is_relative_to(outer.path):
            return outer, "" if folder == outer.path else relative_text(folder, outer.path)
    known = ", ".join(str(outer.path) for outer in folders)
    raise CollectionError(f"{folder} is not in a photo folder of this collection ({known})")


def _check_removable(catalog: Catalog, folders: Sequence[PhotoFolder], outer: PhotoFolder, subfolder: str) -> None:
    if catalog.read_only:
        raise CollectionError(f"{catalog.path.parent} cannot be written, so nothing can be removed from it")
    if not subfolder and len(folders) == 1:
        raise CollectionError("that are all photos of this collection; 'twinlens collection move' moves it")
    others = [one for one in folders if one.id != outer.id and subfolder and ids_below(catalog, one.id, subfolder)]
    if others:
        raise CollectionError(
            f"{others[0].path} has photos in {subfolder}, too, and what is excluded is so in all photo folders; "
            "split without --remove, and exclude the folder with 'twinlens index --exclude'"
        )


def _remove(catalog: Catalog, ids: Sequence[int], outer: PhotoFolder, subfolder: str) -> None:
    with only_writer(catalog.path.parent, catalog), catalog.writing() as writer:
        for number in ids:
            writer.remove(number)
        if subfolder:
            catalog.exclude([*catalog.excluded, f"/{literal(subfolder)}/"])
        else:
            forget_folder(catalog, outer.id)
