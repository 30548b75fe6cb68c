"""An indexer reads photos for the run of another one, while that goes on."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.contents import KnownContents
from twinlens.collection.indexing.sharing.lots import SharedFile, files_of, found_text, stamp_of
from twinlens.collection.indexing.telling.progress import IndexListener
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.objects.object_path import ObjectPath
from twinlens.embedding.local import EmbeddedPhoto, Wanted, embed_batches
from twinlens.protocols import DualEncoder

if TYPE_CHECKING:
    from twinlens.collection.catalog.postgres.work import Lot, WorkTable

WAIT_S = 1.0  # before it is seen again whether there is something to do


class _Item(NamedTuple):
    lot: "Lot"
    number: int  # in the lot
    file: SharedFile


class Helper:
    """Reads what it can claim, and hands it in.

    Args:
        catalog: on a server.
        work: its table of lots.
        folders: gives all folders of the collection, as they are on this machine.
        listener: told how many photos were read.

    Attributes:
        read: photos that were read and handed in so far.
    """

    def __init__(
        self,
        catalog: Catalog,
        work: "WorkTable",
        folders: Callable[[], Sequence[PhotoFolder]],
        listener: IndexListener,
    ) -> None:
        self._catalog, self._work, self._list, self._listener = catalog, work, folders, listener
        self._folders: dict[int, PhotoFolder] = {}
        self._owner = uuid.uuid4().hex
        self._found: dict[int, list[EmbeddedPhoto[_Item] | None]] = {}  # by lot that is not handed in
        self.read = 0

    def help(self, encoder: DualEncoder | None, reader_version: int) -> None:
        """Reads until there is nothing to claim; then waits a moment.

        Args:
            encoder: the model of the collection; without it there is nothing to be done.
            reader_version: of the reader of photos.

        Raises:
            PhotosMissingError: object storage does not answer.
        """
        claimed = iter(()) if encoder is None else self._claimed(stamp_of(encoder, reader_version))
        if (first := next(claimed, None)) is None:
            time.sleep(WAIT_S)
            return
        known = self._catalog.known_contents()
        try:
            self._read(chain([first], claimed), encoder, known)
        finally:
            known.close()
            if self._found:
                self._found.clear()
                self._work.give_up(self._owner)

    def _read(self, claimed: Iterator[_Item], encoder: DualEncoder | None, known: KnownContents) -> None:
        def wanted(_: _Item, content_hash: bytes) -> Wanted:
            return "hash" if content_hash in known else "vector"

        size_of = attrgetter("file.size_bytes")
        with closing(embed_batches(claimed, encoder, path_of=self._path_of, wanted=wanted, size_of=size_of)) as batches:
            for batch in batches:
                for photo in batch:
                    self._take(photo)
                self._work.keep(list(self._found), self._owner)
                self._listener.helped(self.read)

    def _claimed(self, stamp: str) -> Iterator[_Item]:
        while self._has_folders() and self._work.is_led() and (lot := self._work.claim(stamp, self._owner)) is not None:
            files = files_of(lot.files)
            self._found[lot.id] = []
            yield from (_Item(lot, number, file) for number, file in enumerate(files))

    def _has_folders(self) -> bool:
        """A folder that is missing here may be there where the run goes on."""
        self._folders = {folder.id: folder for folder in self._list()}
        return all(isinstance(one.path, ObjectPath) or one.path.is_dir() for one in self._folders.values())

    def _take(self, photo: EmbeddedPhoto[_Item]) -> None:
        item, found = photo.item, self._found[photo.item.lot.id]
        found.append(photo if self._is_as_listed(item) else None)
        if len(found) == len(files_of(item.lot.files)):
            del self._found[item.lot.id]
            if self._work.hand_in(item.lot.id, self._owner, found_text(found)):
                self.read += sum(one is not None and one.reason is None for one in found)

    def _is_as_listed(self, item: _Item) -> bool:
        """Whether it is the file that the run has listed: this machine may have an older copy of the folder."""
        path = self._path_of(item)
        if isinstance(path, ObjectPath):
            return True
        try:
            state = path.stat()
        except OSError:
            return _is_in_archive(path)
        return (state.st_size, state.st_mtime_ns) == (item.file.size_bytes, item.file.mtime_ns)

    def _path_of(self, item: _Item) -> Path:
        return self._folders[item.file.folder_id].file(item.file.path)


def _is_in_archive(path: Path) -> bool:
    return any(parent.is_file() for parent in path.parents)
