"""The search for duplicates: runs in a thread of its own, and what it finds is kept until the library changes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from twinlens.api.photos.duplicates import Duplicates
from twinlens.errors import CollectionError
from twinlens.rest.engine.engine import Engine

WAIT_S = 1.0  # most libraries are done by then, so that one call is enough


@dataclass(frozen=True, slots=True)
class DuplicatesState:
    """How far the search is.

    Attributes:
        found: all groups; None while it runs.
        done: photos opened so far.
        total: photos to open; 0 while that is not known.
    """

    found: Duplicates | None
    done: int = 0
    total: int = 0


class DuplicateSearch:
    """Looks for duplicates of all kinds in the whole library, once for all who ask.

    Args:
        engine: of the collection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="duplicates")
        self._task: asyncio.Future[Duplicates] | None = None
        self._of: tuple[int, object] | None = None  # the state of the library that it looks at
        self._progress = (0, 0)

    async def look(self) -> DuplicatesState:
        """What is found by now; starts a search if the library has changed since the last one.

        Raises:
            TwinlensError: the search has failed; the next call starts another.
        """
        facts = await self._engine.facts()
        library = (facts.generation, facts.scan_stamp)
        is_ended = self._task is None or self._task.done()
        if self._task is None or (is_ended and library != self._of):
            self._of, self._progress = library, (0, 0)
            self._task = asyncio.get_running_loop().run_in_executor(self._pool, self._find)
        task = self._task
        await asyncio.wait({task}, timeout=WAIT_S)
        if not task.done():
            return DuplicatesState(None, *self._progress)
        if task.exception() is not None:
            self._task = None
        return DuplicatesState(task.result(), *self._progress)

    async def stop(self) -> None:
        """Waits until the search has noticed that the server is stopping."""
        if self._task is not None:
            await asyncio.wait({self._task})
        await asyncio.to_thread(self._pool.shutdown)

    def _find(self) -> Duplicates:
        return self._engine.collection.duplicates(on_progress=self._note)

    def _note(self, done: int, total: int) -> None:
        self._progress = (done, total)
        if self._engine.stopping.is_set():
            raise CollectionError("the server was asked to stop")
