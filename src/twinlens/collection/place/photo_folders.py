"""The photo folders of a collection, and lookup of photos by path or id."""

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.settings import Folder
from twinlens.collection.place.locate import FOLDER_NAME
from twinlens.data.file_names import as_file, as_text, on_one_line, relative_text, same_form
from twinlens.data.objects.object_path import ObjectPath, object_path
from twinlens.errors import CollectionError, valid_unicode

logger = logging.getLogger(__name__)
FileKey: TypeAlias = tuple[int, str]
"""The number of a photo folder, and the path of a file in it, as text."""


class PhotoFolder(NamedTuple):
    """A photo folder with its current path.

    ``prefix`` precedes the paths of its photos in ids: empty, or the folder's name and
    "/" if the collection has several folders.
    """

    id: int
    path: Path
    prefix: str

    def file(self, path: str) -> Path:
        """The file of a photo, by its path in the catalog."""
        return self.path / as_file(path)


class PhotoFolders:
    """Reads and adds the photo folders of a catalog.

    Args:
        place: the collection folder, which relative paths start from.
        catalog: of the collection.
    """

    def __init__(self, place: Path, catalog: Catalog) -> None:
        self._place, self._catalog = place, catalog

    def all(self) -> list[PhotoFolder]:
        """The photo folders with their current paths, oldest first."""
        known = self._catalog.folders()
        several = len(known) > 1
        return [PhotoFolder(one.id, self._where(one), f"{one.name}/" if several else "") for one in known]

    def add(self, photos: Path) -> int:
        """Adds a folder if it is not known yet; returns its number.

        Raises:
            CollectionError: it overlaps with another one.
        """
        if (there := next((folder for folder in self.all() if folder.path == photos), None)) is not None:
            return there.id
        with self._catalog.transaction():  # another process may also be adding a folder
            known = self.all()
            if (there := next((folder for folder in known if folder.path == photos), None)) is not None:
                return there.id
            check_apart(photos, known)
            names = {folder.name for folder in self._catalog.folders()}
            first = as_text(photos.name) or "root"
            name, number = first, 2
            while name in names:
                name, number = f"{first}-{number}", number + 1
            return self._catalog.add_folder(name, folder_path(photos, self._place)).id

    def tell_outer(self) -> None:
        """Logs the folders that lie outside the photo folder of the collection, which may have come with the photos."""
        home = self._place.parent
        if self._place.name != FOLDER_NAME:
            return
        for folder in self.all():
            if not folder.path.is_relative_to(home):
                logger.warning(
                    "the collection in %s also has the photo folder %s; if you did not add that, "
                    "the collection came from somebody else: remove %s",
                    home,
                    on_one_line(str(folder.path)),
                    self._place,
                )

    def of_id(self, photo_id: str) -> Iterator[tuple[PhotoFolder, str]]:
        """The folders that a photo id may refer to, and its path there; not looked up in the catalog."""
        photo_id = valid_unicode(photo_id)
        name, _, below = photo_id.partition("/")
        for folder in self.all():
            if not folder.prefix:
                yield folder, photo_id
            elif same_form(f"{name}/") == same_form(folder.prefix):
                yield folder, below

    def number_of(self, photo_id: str) -> int | None:
        """Catalog id of the photo with an id; None if there is none."""
        found = (self._catalog.id_of(folder.id, path) for folder, path in self.of_id(photo_id))
        return next((number for number in found if number is not None), None)

    def ids_of(self, photos: Iterable[Path], *, unchanged: bool = False) -> set[int]:
        """Catalog ids of photo files.

        Args:
            photos: paths as given by the user.
            unchanged: only those whose file has not changed since it was indexed.
        """
        ids = set()
        for photo in photos:
            for folder in self._catalog.folders():
                for path in _paths_below(self._where(folder), photo):
                    photo_id = self._catalog.id_of(folder.id, path)
                    if photo_id is not None and (not unchanged or self._is_as_indexed(photo, folder.id, path)):
                        ids.add(photo_id)
        return ids

    def _where(self, folder: Folder) -> Path:
        where = as_file(folder.path)
        return object_path(where) or Path(os.path.normpath(self._place / where))

    def _is_as_indexed(self, file: Path, folder_id: int, path: str) -> bool:
        known = self._catalog.files.at(folder_id, path)
        try:
            stat = file.stat()
        except OSError:
            return False
        return known is not None and (known.size_bytes, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


def folder_path(photos: Path, place: Path) -> str:
    """A photo folder's path as a catalog has it: relative where the collection goes with it.

    Args:
        photos: absolute.
        place: the collection folder.
    """
    inside = place.name == FOLDER_NAME and place.parent == photos
    return ".." if inside else as_text(str(photos))


def check_apart(photos: Path, others: Iterable[PhotoFolder]) -> None:
    """Raises CollectionError if a photo folder overlaps with one of others."""
    for folder in others:
        if photos.is_relative_to(folder.path) or folder.path.is_relative_to(photos):
            raise CollectionError(
                f"{photos} and {folder.path} overlap: photos would be found twice; index the outer one only"
            )


def photos_missing(folder: Path) -> str:
    """The message for a photo folder that is not there."""
    if isinstance(folder, ObjectPath):
        return f"{folder} cannot be reached, or has no objects; is it written right, and is its server there?"
    return f"the photo folder {folder} is missing; is its disk mounted?"


def _paths_below(root: Path, photo: Path) -> set[str]:
    """Paths that a file may have in a photo folder: as given, and with links resolved."""
    if isinstance(photo, ObjectPath) or isinstance(root, ObjectPath):
        return {relative_text(photo, root)} if photo.is_relative_to(root) else set()
    absolute = Path(os.path.abspath(photo))  # noqa: PTH100 — resolve() would follow links
    return {
        relative_text(place, parent)
        for place in (absolute, Path(os.path.realpath(absolute)))
        for parent in place.parents
        if os.path.realpath(parent) == str(root)
    }
