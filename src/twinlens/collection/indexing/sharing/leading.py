"""An index run that lets other indexers read some of its photos.

One indexer leads: it has listed the folders, and it alone writes what is found, so that a photo is stored once, whoever
has read it. Lots of files lie in a table; it claims them as the others do. What others could not read it reads
itself: a disk may be missing on their machine alone.
"""

import time
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from twinlens.collection.indexing.sharing.lots import LOT, Found, SharedFile, files_text, found_of
from twinlens.embedding.local import EmbeddedPhoto
from twinlens.protocols import DualEncoder

if TYPE_CHECKING:
    from twinlens.collection.catalog.postgres.work import WorkTable

LEAST_SHARED = 2 * LOT  # photos; fewer are not worth a table
WAIT_S = 0.2  # between two looks, while only others still have lots
Task = TypeVar("Task")


class Read(NamedTuple, Generic[Task]):
    """Photos to be stored in one transaction.

    Attributes:
        photos: that nobody has stored.
        lots: that are to be removed in the same transaction.
    """

    photos: list[EmbeddedPhoto[Task]]
    lots: Sequence[int] = ()


class SharedRun(Generic[Task]):
    """The files of one run, on a table from which others claim, too.

    Args:
        work: the table.
        tasks: all files to read.
        file_of: how others find the file of a task.
        encoder: the model of the run.
        stamp: which indexers may take part.

    Attributes:
        by_others: photos that other indexers have read.
    """

    def __init__(
        self,
        work: "WorkTable",
        tasks: Sequence[Task],
        file_of: Callable[[Task], SharedFile],
        *,
        encoder: DualEncoder,
        stamp: str,
    ) -> None:
        self._work, self._tasks, self._file_of, self._encoder = work, tasks, file_of, encoder
        self._stamp, self._owner = stamp, uuid.uuid4().hex
        self._open = {self._key(task): place for place, task in enumerate(tasks)}  # those that are not stored
        self._mine: dict[int, tuple[int, int]] = {}  # lots that this process reads: their ids, and how many are open
        self._again: deque[Task] = deque()  # which others could not read
        self.by_others = 0

    def batches(
        self, embedded: Callable[[Iterable[Task]], Generator[list[EmbeddedPhoto[Task]]]]
    ) -> Generator[Read[Task]]:
        """All photos, each once.

        Args:
            embedded: reads and embeds the files that this process has claimed.
        """
        starts = range(0, len(self._tasks), LOT)
        self._work.share(self._stamp, (files_text(map(self._file_of, self._lot(start // LOT))) for start in starts))
        while self._open:
            claimed = self._claimed()
            if (first := next(claimed, None)) is not None:
                with closing(embedded(chain([first], claimed))) as batches:
                    for batch in batches:
                        if photos := [photo for photo in batch if self._key(photo.item) in self._open]:
                            yield Read(photos, self._stored(photos))
                        yield from self._of_others()
                        self._work.keep([lot for lot, _ in self._mine.values()], self._owner)
            elif (read := next(self._of_others(), None)) is not None:
                yield read
            else:
                time.sleep(WAIT_S)
        self._work.end()

    def _claimed(self) -> Iterator[Task]:
        """Files that this process is to read now."""
        while True:
            if self._again:
                yield self._again.popleft()
            elif (lot := self._work.claim(self._stamp, self._owner)) is not None:
                waiting = [task for task in self._lot(lot.place) if self._key(task) in self._open]
                self._mine[lot.place] = lot.id, len(waiting)
                yield from waiting
            else:
                return

    def _of_others(self) -> Iterator[Read[Task]]:
        """What others have handed in."""
        while (lot := self._work.finished()) is not None:
            self._mine.pop(lot.place, None)  # it had taken this process too long
            tasks = self._lot(lot.place)
            found = found_of(lot.found, self._encoder, len(tasks))
            waiting = [pair for pair in zip(tasks, found, strict=True) if self._key(pair[0]) in self._open]
            photos = [_photo(task, one) for task, one in waiting if one is not None]
            self._again.extend(task for task, one in waiting if one is None)
            self._stored(photos)
            self.by_others += len(photos)
            yield Read(photos, [lot.id])

    def _stored(self, photos: Iterable[EmbeddedPhoto[Task]]) -> list[int]:
        """Notes that photos are stored; returns the lots of this process that are finished with them."""
        finished = []
        for photo in photos:
            place = self._open.pop(self._key(photo.item)) // LOT
            if place in self._mine:
                lot, left = self._mine.pop(place)
                if left > 1:
                    self._mine[place] = lot, left - 1
                else:
                    finished.append(lot)
        return finished

    def _lot(self, place: int) -> Sequence[Task]:
        return self._tasks[place * LOT : (place + 1) * LOT]

    def _key(self, task: Task) -> tuple[int, str]:
        file = self._file_of(task)
        return file.folder_id, file.path


def _photo(task: Task, found: Found) -> EmbeddedPhoto[Task]:
    return EmbeddedPhoto(task, found.content_hash, found.details, found.vector, reason=None)
