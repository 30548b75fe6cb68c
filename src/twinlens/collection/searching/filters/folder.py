"""Photos in a subfolder of the collection, including its own subfolders, whatever the Unicode form of its name."""

import posixpath
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from twinlens.collection.catalog.condition import NONE, Condition, any_of, below_folder
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by
from twinlens.data.file_names import as_file, as_text, same_form
from twinlens.data.objects.object_path import as_path
from twinlens.errors import QueryError, UnknownFolderError, valid_unicode

if TYPE_CHECKING:
    from twinlens.collection.place.photo_folders import PhotoFolder


_PLACE = re.compile(r"[/~]|.:|\w+://|\\(?!x[0-9a-f]{2})", re.DOTALL)  # not a name whose first byte is no Unicode


def is_place(folder: str) -> bool:
    """Whether a folder is named by its place on a machine, not by its place in a library."""
    return _PLACE.match(folder) is not None


def parse_folder(value: object) -> str | None:
    """The path as given; None if it is empty.

    Raises:
        QueryError: it is not a path.
    """
    if not isinstance(value, str | PurePath):
        raise QueryError(f"must be a folder, got {value!r}")
    return str(value) if str(value).strip() else None


def in_folder(wanted: str, scope: FilterScope) -> Condition:
    """Matches a subfolder of a photo folder, or a photo folder itself, which may be named at the front of the path.

    Raises:
        UnknownFolderError: no indexed photo is there.
    """
    within = any_of(found for folder in scope.folders if (found := _below(folder, wanted)) != NONE)
    if not scope.any_photo(within):
        within = any_of(found for folder in scope.folders if (found := _after_its_name(folder, wanted)) != NONE)
    if not scope.any_photo(within):
        raise UnknownFolderError(f"the folder '{wanted}' holds no indexed photos of this collection")
    return within


def _below(folder: "PhotoFolder", wanted: str) -> Condition:
    """The photos of one photo folder in ``wanted`` or its subfolders."""
    if as_path(wanted).is_absolute() or wanted.startswith("~"):
        return any_of(_at(folder, spelt) for spelt in dict.fromkeys((wanted, as_file(wanted))))
    # a backslash separates folders, or stands in a name: for itself, or for a byte that is no Unicode
    spellings = dict.fromkeys((wanted.replace("\\", "/"), valid_unicode(wanted), as_text(wanted)))
    return any_of(found for spelt in spellings if (found := _within(folder, valid_unicode(spelt))) != NONE)


def _after_its_name(folder: "PhotoFolder", wanted: str) -> Condition:
    """The same for a path that begins with the name of the only photo folder, which ids leave out."""
    name, _, below = posixpath.normpath(wanted.replace("\\", "/")).strip("/").partition("/")
    is_named = not folder.prefix and same_form(name) == same_form(as_text(folder.path.name))
    return _within(folder, valid_unicode(below)) if is_named else NONE


def _at(folder: "PhotoFolder", wanted: str) -> Condition:
    """The same for an absolute path."""
    from twinlens.collection.place.locate import photos_path  # takes 0.1 s, which ``--help`` need not wait for

    path = photos_path(wanted)
    parts, root = ([same_form(part) for part in place.parts] for place in (path, folder.path))
    if root[: len(parts)] == parts:
        return Condition("folder_id = ?", (folder.id,))
    if parts[: len(root)] != root:
        return NONE
    return below_folder(folder.id, as_text("/".join(path.parts[len(root) :])))


def _within(folder: "PhotoFolder", wanted: str) -> Condition:
    """The same for a path as in ids."""
    below = posixpath.normpath(wanted).strip("/")
    if folder.prefix:
        name, _, below = below.partition("/")
        if same_form(f"{name}/") != same_form(folder.prefix):
            return NONE
    return Condition("folder_id = ?", (folder.id,)) if below in ("", ".") else below_folder(folder.id, below)


FOLDER = Filter(
    name="folder",
    kind="folder",
    label="Folder",
    help="Only this subfolder.",
    example="2023/Italy",
    max_length=4096,
    parse=parse_folder,
    condition=in_folder,
    sources=found_by("folder", in_folder),
    phrase="in {}",
)
