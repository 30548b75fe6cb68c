"""Photos in a subfolder of the collection, including its own subfolders."""

import posixpath
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import NONE, Condition, any_of
from twinlens.collection.searching.filtering import Filter, FilterScope
from twinlens.errors import QueryError, UnknownFolderError

if TYPE_CHECKING:
    from twinlens.collection.place.photo_folders import PhotoFolder


def parse_folder(value: object) -> str | None:
    """The path as given; None if it is empty.

    Raises:
        QueryError: it is not a path.
    """
    if not isinstance(value, str | PurePath):
        raise QueryError(f"must be a folder, got {value!r}")
    return str(value) if str(value).strip() else None


def in_folder(wanted: str, scope: FilterScope) -> Condition:
    """Matches a subfolder of a photo folder, or a photo folder itself.

    Raises:
        UnknownFolderError: no indexed photo is there.
    """
    within = any_of(found for folder in scope.folders if (found := _below(folder, wanted)) != NONE)
    if not scope.any_photo(within):
        raise UnknownFolderError(f"the folder {wanted!r} holds no indexed photos of this collection")
    return within


def _below(folder: "PhotoFolder", wanted: str) -> Condition:
    """The photos of one photo folder in ``wanted`` or its subfolders."""
    below = posixpath.normpath(wanted.replace("\\", "/")).strip("/")
    if Path(wanted).is_absolute() or wanted.startswith("~"):
        from twinlens.collection.place.locate import user_path  # takes 0.1 s, which ``--help`` need not wait for

        path = user_path(wanted)
        if folder.path.is_relative_to(path):
            return Condition("folder_id = ?", (folder.id,))
        if not path.is_relative_to(folder.path):
            return NONE
        below = path.relative_to(folder.path).as_posix()
    elif folder.prefix:
        name, _, below = below.partition("/")
        if f"{name}/" != folder.prefix:
            return NONE
    if below in ("", "."):
        return Condition("folder_id = ?", (folder.id,))
    # "0" is the character after "/"
    return Condition("folder_id = ? AND path >= ? AND path < ?", (folder.id, below + "/", below + "0"))


FOLDER = Filter(
    name="folder",
    kind="folder",
    label="Folder",
    help="Only this subfolder.",
    example="2023/Italy",
    max_length=4096,
    parse=parse_folder,
    condition=in_folder,
    phrase="in {}",
)
