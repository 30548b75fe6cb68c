"""Which events of the file system concern a collection: photos, files beside them, folders, ignore files."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from watchfiles import Change

from twinlens.collection.indexing.excluding.folders import is_excluded, rules_below
from twinlens.collection.indexing.excluding.names import IGNORE_FILE, NO_MEDIA, is_left_out
from twinlens.collection.indexing.excluding.rules import Rules
from twinlens.collection.indexing.scanning.scan import why_not_a_photo
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder
from twinlens.data.file_names import as_text
from twinlens.data.metadata.beside import is_beside


class Events:
    """Tells what has changed from events.

    Args:
        folders: the photo folders.
        rules: the patterns of the collection.
    """

    def __init__(self, folders: Sequence[PhotoFolder], rules: Rules) -> None:
        self._roots = [(os.path.realpath(folder.path), folder) for folder in folders]
        self._rules = rules

    def concerning(self, events: Iterable[tuple[Change, str]]) -> set[tuple[Change, FileKey]]:
        """What an index run would look at: photos and files beside them, folders, and ignore files."""
        known: dict[str, Rules | None] = {}
        return {(kind, key) for kind, path in events if (key := self._key(kind, path, known)) is not None}

    def _key(self, kind: Change, path: str, known: dict[str, Rules | None]) -> FileKey | None:
        found = self._place(path)
        if found is None:
            return None
        root, folder, below = found
        *around, name = below.split("/")
        if any(map(is_left_out, around)):
            return None
        key = folder.id, below
        if name in (IGNORE_FILE, NO_MEDIA):
            return key
        is_photo = why_not_a_photo(below) is None or is_beside(below)
        # a folder is news when it comes or goes; one that is gone may have had any name
        is_folder = not is_photo and kind is Change.added and Path(path).is_dir()
        if is_left_out(name) or not (is_photo or is_folder or kind is Change.deleted):
            return None
        inside = "/".join(around)
        if root + inside not in known:
            known[root + inside] = rules_below(self._rules, root, inside)
        rules = known[root + inside]
        return None if rules is None or is_excluded(rules, below, is_folder=is_folder) else key

    def _place(self, path: str) -> tuple[str, PhotoFolder, str] | None:
        for root, folder in self._roots:
            inside = root if root.endswith(os.sep) else root + os.sep  # the root of a disk ends in one
            if path.startswith(inside):
                return root, folder, as_text(path[len(inside) :].replace(os.sep, "/"))
        return None
