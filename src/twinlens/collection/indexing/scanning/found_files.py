"""Many files that were found on disk, in some forty bytes each: a library may have a million."""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 4096  # files of a block
MOST_NS = 2**63 - 1  # as much as a catalog can note: in the year 2262


class FoundFile(NamedTuple):
    """A file found on disk."""

    path: str  # relative to the folder, with "/", as text
    size_bytes: int
    mtime_ns: int


class FoundBlock(NamedTuple):
    """Some of many files."""

    paths: list[str]
    sizes: NDArray[np.int64]  # [N], bytes
    dates: NDArray[np.int64]  # [N], ns

    def files(self) -> Iterator[FoundFile]:
        """One by one."""
        return map(FoundFile, self.paths, self.sizes.tolist(), self.dates.tolist())


class FoundFiles:
    """Files in the order in which they were found.

    Args:
        files: the first ones.
    """

    def __init__(self, files: Iterable[FoundFile] = ()) -> None:
        self._blocks: list[tuple[str, str]] = []  # a folder with "/" at its end, and names in it
        self._folder, self._names = "", list[str]()  # those of the block that is not complete
        self._starts = [0]
        self._sizes, self._dates = array("q"), array("q")
        for file in files:
            self.append(file)

    def append(self, file: FoundFile) -> None:
        """Adds a file."""
        cut = file.path.rfind("/") + 1
        folder, name = file.path[:cut], file.path[cut:]
        if folder != self._folder or len(self._names) == AT_ONCE:
            self._complete()
            self._folder = folder
        self._names.append(name)
        self._sizes.append(file.size_bytes)
        self._dates.append(max(-MOST_NS, min(file.mtime_ns, MOST_NS)))

    def folders(self) -> set[str]:
        """The folders that hold them, with "/" at the end; "" for the one that was scanned."""
        self._complete()
        return {folder for folder, _ in self._blocks}

    def blocks(self) -> Iterator[FoundBlock]:
        """All of them, in parts of one folder each."""
        self._complete()
        for place, (folder, names) in enumerate(self._blocks):
            part = slice(self._starts[place], self._starts[place + 1])
            sizes, dates = (np.array(column[part], dtype=np.int64) for column in (self._sizes, self._dates))
            yield FoundBlock([folder + name for name in names.split("\0")], sizes, dates)

    def __len__(self) -> int:
        return len(self._sizes)

    def __iter__(self) -> Iterator[FoundFile]:
        for block in self.blocks():
            yield from block.files()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FoundFiles) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # files can be added

    def __repr__(self) -> str:
        return f"FoundFiles({list(self)})"

    def _complete(self) -> None:
        if self._names:
            self._blocks.append((self._folder, "\0".join(self._names)))  # no name has a zero in it
            self._starts.append(len(self._sizes))
            self._names = []
