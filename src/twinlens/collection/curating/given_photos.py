"""The photos that somebody names to give them something: all of them known, or none."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.counted import counted
from twinlens.data.file_names import as_text, on_one_line
from twinlens.errors import UnknownPhotoError

PhotoLike: TypeAlias = str | os.PathLike[str]
"""The id of a photo; or a path, of its file or, where there is no such file, its id."""


class GivenPhotos:
    """Finds photos by id or path.

    Args:
        catalog: of the collection.
        folders: its photo folders.
    """

    def __init__(self, catalog: Catalog, folders: PhotoFolders) -> None:
        self._catalog, self._folders = catalog, folders

    def numbers(self, photos: Iterable[PhotoLike]) -> list[int]:
        """The catalog's keys of photos, each once, in the order given.

        Raises:
            UnknownPhotoError: one is unknown.
        """
        given = [photos] if isinstance(photos, str | os.PathLike) else list(photos)
        found: dict[int, None] = {}
        unknown = []
        for photo in given:
            if (numbers := self._of(photo)) is None:
                unknown.append(photo)
            else:
                found.update(numbers)
        if unknown:
            others = f" and {counted(len(unknown) - 1, 'other')}" if len(unknown) > 1 else ""
            name = on_one_line(as_text(str(unknown[0])))
            raise UnknownPhotoError(f"no indexed photo has the path or id {name!r}{others}; nothing was changed")
        return list(found)

    def known(self, ids: Iterable[str]) -> list[int]:
        """The catalog's keys of photos by id, in their order; those that are gone are left out."""
        return [number for one in ids if (number := self._folders.number_of(one)) is not None]

    def ids(self, numbers: Iterable[int]) -> list[str]:
        """The ids of photos by the catalog's keys, in their order; those that are gone are left out."""
        prefixes = {folder.id: folder.prefix for folder in self._folders.all()}
        wanted = list(numbers)
        records = self._catalog.photos(wanted)
        found = (records[number] for number in wanted if number in records)
        return [prefixes[record.folder_id] + record.path for record in found]

    def _of(self, photo: PhotoLike) -> dict[int, None] | None:
        if isinstance(photo, os.PathLike) and (of_file := self._folders.ids_of([Path(photo)])):
            return dict.fromkeys(sorted(of_file))
        number = self._folders.number_of(str(photo))
        return None if number is None else {number: None}
