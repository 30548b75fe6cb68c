"""The files that the catalog knows, compared with those that are there.

Of a whole library, some forty bytes are held of each: a number made of its path, its size and its date. That is enough
to tell which files have not changed; all else is read from the catalog, of the others.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile, file_states, files_of
from twinlens.collection.indexing.scanning.found_files import FoundBlock, FoundFile
from twinlens.collection.place.photo_folders import FileKey
from twinlens.types import Ids

AT_ONCE = 2_000  # rows that become arrays, below 1 MB before
MOST_SALTS = 3


class Compared(NamedTuple):
    """Some of the files that are there.

    Attributes:
        unchanged: how many photos have the size and the date that the catalog has.
        others: the other files, and what the catalog knows of them.
    """

    unchanged: int
    others: list[tuple[FoundFile, KnownFile | None]]


class KnownFiles(Protocol):
    """Files of the catalog; those that were found are left no longer."""

    def compare(self, folder_id: int, found: FoundBlock, *, trusted: bool) -> Compared:
        """Takes files that were found; ``trusted`` is False where also those of the same size and date are told."""

    def take(self, folder_id: int, path: str) -> KnownFile | None:
        """Takes one file."""

    def left(self, folder_id: int) -> Iterator[tuple[str, KnownFile]]:
        """Those of a photo folder that were not found, by path."""

    def num_left(self, folder_id: int) -> int:
        """How many these are."""

    def __len__(self) -> int:
        """All of them."""


class FewKnownFiles:
    """A part of the files of a catalog.

    Args:
        files: by folder id and path.
    """

    def __init__(self, files: dict[FileKey, KnownFile]) -> None:
        self._left, self._count = dict(files), len(files)

    def compare(self, folder_id: int, found: FoundBlock, *, trusted: bool) -> Compared:  # noqa: ARG002 — they are few
        """See ``KnownFiles``."""
        return Compared(0, [(file, self._left.pop((folder_id, file.path), None)) for file in found.files()])

    def take(self, folder_id: int, path: str) -> KnownFile | None:
        """See ``KnownFiles``."""
        return self._left.pop((folder_id, path), None)

    def left(self, folder_id: int) -> Iterator[tuple[str, KnownFile]]:
        """See ``KnownFiles``."""
        yield from ((path, file) for (number, path), file in self._left.items() if number == folder_id)

    def num_left(self, folder_id: int) -> int:
        """See ``KnownFiles``."""
        return sum(number == folder_id for number, _ in self._left)

    def __len__(self) -> int:
        return self._count


class AllKnownFiles:
    """All files of a catalog, ordered by the numbers made of their paths.

    Args:
        catalog: no file comes, goes or changes meanwhile.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        for self._salt in range(MOST_SALTS):  # two paths that have one number have two with another salt
            self._numbers, self._ids, self._sizes, self._dates, places = self._read_all()
            if not (np.diff(self._numbers) == 0).any():
                break
        self._folders, self._is_photo = np.abs(places), places > 0
        self._is_left = np.ones(len(self._ids), dtype=np.bool_)

    def compare(self, folder_id: int, found: FoundBlock, *, trusted: bool) -> Compared:
        """See ``KnownFiles``."""
        places = self._places(folder_id, found.paths)
        is_same = (places >= 0) & trusted
        if is_same.any():
            is_same &= self._is_photo[places] & self._is_left[places]
            is_same &= (self._sizes[places] == found.sizes) & (self._dates[places] == found.dates)
        self._is_left[places[is_same]] = False
        other = np.flatnonzero(~is_same)
        known = self._files(places[other])
        files = (FoundFile(found.paths[row], int(found.sizes[row]), int(found.dates[row])) for row in other.tolist())
        pairs = zip(files, places[other].tolist(), strict=True)
        others = [(file, self._taken(known, place, folder_id, file.path)) for file, place in pairs]
        return Compared(int(is_same.sum()), others)

    def take(self, folder_id: int, path: str) -> KnownFile | None:
        """See ``KnownFiles``."""
        places = self._places(folder_id, [path])
        return self._taken(self._files(places), int(places[0]), folder_id, path)

    def left(self, folder_id: int) -> Iterator[tuple[str, KnownFile]]:
        """See ``KnownFiles``."""
        ids = np.sort(self._ids[self._is_left & (self._folders == folder_id)])
        for _, path, *file in files_of(self._catalog, ids.tolist()):
            yield path, KnownFile(*file)

    def num_left(self, folder_id: int) -> int:
        """See ``KnownFiles``."""
        return int((self._is_left & (self._folders == folder_id)).sum())

    def __len__(self) -> int:
        return len(self._ids)

    def _read_all(self) -> tuple[Ids, Ids, Ids, Ids, Ids]:
        """Columns in the order of the first: numbers, ids, sizes, dates, and folder ids, below 0 of skipped files."""
        states = file_states(self._catalog)
        blocks = []
        while some := list(islice(states, AT_ONCE)):
            ids, folders, paths, sizes, dates, photos = zip(*some, strict=True)
            signed = np.where(np.array(photos, dtype=np.bool_), folders, np.negative(folders))
            numbers = [self._number(folder_id, path) for folder_id, path in zip(folders, paths, strict=True)]
            blocks.append(np.array([numbers, ids, sizes, dates, signed], dtype=np.int64))
        columns = np.hstack(blocks) if blocks else np.empty((5, 0), dtype=np.int64)
        del blocks
        order = np.argsort(columns[0])
        for column in columns:
            column[:] = column[order]
        numbers, ids, sizes, dates, signed = columns
        return numbers, ids, sizes, dates, signed

    def _number(self, folder_id: int, path: str) -> int:
        return hash((self._salt, folder_id, path))

    def _places(self, folder_id: int, paths: Iterable[str]) -> Ids:
        """Where the files of some paths are, -1 if there is none."""
        numbers = np.array([self._number(folder_id, path) for path in paths], dtype=np.int64)
        if not len(self._numbers):
            return np.full(len(numbers), -1, dtype=np.int64)
        places = np.searchsorted(self._numbers, numbers).clip(max=len(self._numbers) - 1)
        return np.where(self._numbers[places] == numbers, places, -1)

    def _files(self, places: Ids) -> dict[FileKey, KnownFile]:
        ids = self._ids[places[places >= 0]]
        return {(folder_id, path): KnownFile(*file) for folder_id, path, *file in files_of(self._catalog, ids.tolist())}

    def _taken(self, known: dict[FileKey, KnownFile], place: int, folder_id: int, path: str) -> KnownFile | None:
        file = known.get((folder_id, path))
        if file is None or not self._is_left[place]:
            return None
        self._is_left[place] = False
        return file
