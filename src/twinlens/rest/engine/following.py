"""The library follows its folders while it is served: changes are indexed as they come."""

import asyncio
import logging
import threading
from contextlib import suppress

from twinlens.api.indexing import Changes, IndexReport
from twinlens.errors import AlreadyWatchedError, TwinlensError
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.index_run import IndexRun

logger = logging.getLogger(__name__)
TAKE_OVER_S = 10.0  # between looks whether another process still follows the folders, such as another worker


class Following:
    """Starts an index run whenever the photo folders have changed.

    Args:
        engine: its collection is followed, unless that cannot be written.
        runs: does the indexing.
    """

    def __init__(self, engine: Engine, runs: IndexRun) -> None:
        self._engine, self._runs = engine, runs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Starts to follow, from the event loop; in a library that cannot be written nothing can be indexed."""
        if not self._engine.collection.is_writable:
            logger.info("the library cannot be written, so its folders are not followed")
            return
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Ends it; a run that goes on ends by itself when the server stops."""
        self._stop.set()
        if self._loop is not None:
            await asyncio.to_thread(self._thread.join)

    def _follow(self) -> None:
        told = ""
        while not self._stop.wait(0.0 if self._engine.state == "ready" else 0.05):
            if self._engine.state == "failed":
                return
            if self._engine.state == "ready":
                try:
                    self._engine.collection.follow(self._stop, run=self._run, on_error=_tell)
                except AlreadyWatchedError as error:
                    logger.debug("%s", error)
                    self._stop.wait(TAKE_OVER_S)
                except TwinlensError as error:  # such as a collection that is not at its place now
                    if str(error) != told:
                        told = str(error)
                        logger.warning("changes in the photo folders are not followed now: %s", error)
                    self._stop.wait(TAKE_OVER_S)

    def _run(self, changes: Changes) -> IndexReport:
        """Indexes as a call would, so that everybody can see how far it is."""
        assert self._loop is not None
        running = asyncio.run_coroutine_threadsafe(self._runs.completed(changes), self._loop)
        while not self._stop.is_set():
            with suppress(TimeoutError):
                return running.result(timeout=0.1)
        return IndexReport()  # the server stops, and the run with it


def _tell(error: TwinlensError) -> None:
    logger.warning("the photo folders could not be indexed, which is tried again: %s", error)
