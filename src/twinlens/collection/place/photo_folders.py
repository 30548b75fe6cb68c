"""The photo folders of a collection where they are now, and which photo a path means."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog, Folder
from twinlens.collection.place.locate import FOLDER_NAME
from twinlens.errors import CollectionError


class PhotoFolder(NamedTuple):
    """A photo folder where it is now.

    ``prefix`` stands before the paths of its photos in ids: empty, or the folder's
    name and "/" when the collection has several.
    """

    id: int
    path: Path
    prefix: str


class PhotoFolders:
    """Reads and adds the folders that a catalog knows.

    Args:
        place: the collection's own folder, which relative paths start from.
        catalog: of the collection.
    """

    def __init__(self, place: Path, catalog: Catalog) -> None:
        self._place, self._catalog = place, catalog

    def all(self) -> list[PhotoFolder]:
        """The photo folders where they are now, oldest first."""
        known = self._catalog.folders()
        several = len(known) > 1
        return [PhotoFolder(one.id, self._where(one), f"{one.name}/" if several else "") for one in known]

    def add(self, photos: Path) -> None:
        """Remembers a folder; one that is known stays as it is.

        Raises:
            CollectionError: it overlaps with another one.
        """
        if any(folder.path == photos for folder in self.all()):
            return
        with self._catalog.transaction():  # another process may be adding a folder, too
            for folder in self.all():
                if folder.path == photos:
                    return
                if photos.is_relative_to(folder.path) or folder.path.is_relative_to(photos):
                    raise CollectionError(
                        f"{photos} and {folder.path} overlap, their photos would come twice; index the outer one only"
                    )
            inside = self._place.name == FOLDER_NAME and self._place.parent == photos
            names = {folder.name for folder in self._catalog.folders()}
            name, number = photos.name or "root", 2
            while name in names:
                name, number = f"{photos.name}-{number}", number + 1
            self._catalog.add_folder(name, ".." if inside else str(photos))

    def of_id(self, photo_id: str) -> Iterator[tuple[PhotoFolder, str]]:
        """The folders that an id as hits give it may be in, and its path there; nothing is looked up."""
        for folder in self.all():
            if photo_id.startswith(folder.prefix):
                yield folder, photo_id.removeprefix(folder.prefix)

    def ids_of(self, photos: Iterable[Path], *, unchanged: bool = False) -> set[int]:
        """Catalog ids of photo files that lie in the folders.

        Args:
            photos: as a user names them.
            unchanged: only those whose file is as it was indexed.
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
        return Path(os.path.normpath(self._place / folder.path))

    def _is_as_indexed(self, file: Path, folder_id: int, path: str) -> bool:
        known = self._catalog.known_file(folder_id, path)
        try:
            stat = file.stat()
        except OSError:
            return False
        return known is not None and (known.size_bytes, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


def _paths_below(root: Path, photo: Path) -> set[str]:
    """Under which paths a file may be known in a photo folder: as it was reached, and with links followed."""
    absolute = Path(os.path.abspath(photo))  # noqa: PTH100 — resolve() would follow the links
    return {
        place.relative_to(parent).as_posix()
        for place in (absolute, Path(os.path.realpath(absolute)))
        for parent in place.parents
        if os.path.realpath(parent) == str(root)
    }
