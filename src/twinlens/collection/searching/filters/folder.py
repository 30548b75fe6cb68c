"""Photos in a sub-folder of the collection, and in the folders below it."""

import posixpath
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import NONE, Condition, any_of
from twinlens.collection.searching.filtering import Filter, FilterScope
from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens.collection.place.photo_folders import PhotoFolder


def parse_folder(value: object) -> str | None:
    """A path as somebody writes it; None for an empty one.

    Raises:
        QueryError: it is not a path.
    """
    if not isinstance(value, str | PurePath):
        raise QueryError(f"wants a folder, got {value!r}")
    return str(value) if str(value).strip() else None


def in_folder(wanted: str, scope: FilterScope) -> Condition:
    """Below one of the photo folders, or a photo folder itself.

    Raises:
        QueryError: no indexed photo lies there.
    """
    within = any_of(found for folder in scope.folders if (found := _below(folder, wanted)) != NONE)
    if not scope.any_photo(within):
        raise QueryError(f"the folder {wanted!r} holds no indexed photos of this collection")
    return within


def _below(folder: "PhotoFolder", wanted: str) -> Condition:
    """The photos of one photo folder at or below ``wanted``."""
    below = posixpath.normpath(wanted.replace("\\", "/")).strip("/")
    if Path(wanted).is_absolute() or wanted.startswith("~"):
        from twinlens.collection.place.locate import user_path  # 0.1 s that ``--help`` need not wait for

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
    # "0" follows "/"
    return Condition("folder_id = ? AND path >= ? AND path < ?", (folder.id, below + "/", below + "0"))


FOLDER = Filter(
    name="folder",
    kind="folder",
    label="Folder",
    help="Only this sub-folder.",
    example="2023/Italy",
    max_length=4096,
    parse=parse_folder,
    condition=in_folder,
    phrase="in {}",
)
