"""List a tree of folders in object storage: some of the next ones are asked for while one is looked at."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.storage import Listing, storage_of

LISTERS = 8  # an answer takes some 30 ms, and most folders are a single page
AHEAD = 64  # listings that wait for their turn: of a few hundred objects each, so some 10 MB


class TreeListing:
    """Lists folders, in any order; those that are expected are asked for ahead.

    Use as a context manager, which ends the threads.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(LISTERS, thread_name_prefix="list")
        self._ahead: dict[ObjectPath, Future[Listing]] = {}
        self._expected: deque[ObjectPath] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def expect(self, folders: Iterable[ObjectPath]) -> None:
        """Tells which folders come next, before those that were told earlier; each must be listed."""
        self._expected.extendleft(reversed(list(folders)))
        self._top_up()

    def entries(self, folder: ObjectPath) -> Listing:
        """What is in a folder.

        Raises:
            FileNotFoundError, PermissionError, ConnectionError: see ``ObjectStorage``.
        """
        future = self._ahead.pop(folder, None)
        if future is None and self._expected and self._expected[0] == folder:
            self._expected.popleft()
        self._top_up()
        return storage_of(folder).entries(folder) if future is None else future.result()

    def _top_up(self) -> None:
        while self._expected and len(self._ahead) < AHEAD:
            folder = self._expected.popleft()
            self._ahead[folder] = self._pool.submit(storage_of(folder).entries, folder)
