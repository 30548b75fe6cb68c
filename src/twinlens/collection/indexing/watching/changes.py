"""What an index run is told of the changes that it was started for."""

from collections.abc import Sequence
from typing import NamedTuple

from twinlens.collection.indexing.scanning.missing import EMPTY, MissingFolder
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder


class Changes(NamedTuple):
    """What the system has told since the last run.

    Attributes:
        being_written: files that are not complete yet.
        deleted: files that were deleted or moved, one by one: a disk that is unmounted looks otherwise.
        paths: files and folders that came, changed or went; None = everything is to be looked at.
    """

    being_written: frozenset[FileKey] = frozenset()
    deleted: frozenset[FileKey] = frozenset()
    paths: frozenset[FileKey] | None = None

    def explain(self, missing: MissingFolder, folders: Sequence[PhotoFolder]) -> bool:
        """Whether all photos that are missing from an emptied folder were seen to be deleted."""
        if missing.reason != EMPTY:
            return False
        prefixes = {folder.id: folder.prefix for folder in folders}
        names = (prefixes.get(number, "") + path for number, path in self.deleted)
        return sum(name.startswith(f"{missing.path}/") for name in names) >= missing.photos
