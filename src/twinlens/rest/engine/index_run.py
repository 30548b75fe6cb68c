"""An index run started by a call: runs in its own thread, records its progress in the catalog."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from twinlens.api.indexing import Changes, IndexPlan, IndexReport, IndexState, SilentListener, Stage
from twinlens.errors import AlreadyIndexingError, CollectionError, TwinlensError
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import failure_of

logger = logging.getLogger(__name__)
TOLD_EVERY_S = 0.5
ENDED_EVERY_S = 0.05
TOLD_AGAIN_S = 5.0  # after the end of a run, while the catalog cannot be written
REFUSED_WITHIN_S = 1.0  # a conflicting run is detected at once; the first file may take long
COUNTED = ("added", "updated", "renamed", "removed", "unchanged", "images", "restored", "kept", "dropped")


class IndexStoppedError(CollectionError):
    """The server was asked to stop; committed work is kept."""


class IndexRun(SilentListener):
    """Runs indexing and records its progress.

    Only one runs at a time: the collection's lock excludes other workers and programs.

    Args:
        engine: its collection is indexed.
    """

    def __init__(self, engine: Engine) -> None:
        self.state = IndexState()
        self._engine = engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._task: asyncio.Task[AlreadyIndexingError | None] | None = None
        self._is_walking = False
        self._report: IndexReport | None = None  # of the last run that was completed
        self._telling: asyncio.Task[bool] | None = None
        self._is_untold = False  # the end of the last run could not be stored yet

    async def start(self, *, verify: bool = False, changes: Changes | None = None) -> None:
        """Starts a run.

        Args:
            verify: also read photos whose size and date have not changed.
            changes: what the run is started for; None = whatever there is.

        Raises:
            AlreadyIndexingError: this or another process is already indexing.
        """
        if self.state.stage == "running":
            raise AlreadyIndexingError("the collection is being indexed already")
        await self._give_up_telling()
        now = time.time()
        before, self.state = self.state, IndexState("running", started_at=now, updated_at=now)
        self._is_walking = True
        self._task = asyncio.create_task(self._run(verify, changes))
        done, _ = await asyncio.wait({self._task}, timeout=REFUSED_WITHIN_S)
        if done and (refusal := self._task.result()) is not None:
            self.state = before
            raise refusal

    async def completed(self, changes: Changes) -> IndexReport:
        """Runs to the end.

        Raises:
            AlreadyIndexingError: this or another process is already indexing.
            CollectionError: the run has failed.
        """
        await self.start(changes=changes)
        while self.state.stage == "running":
            await asyncio.sleep(ENDED_EVERY_S)
        if self.state.stage != "done" or self._report is None:
            raise CollectionError(self.state.message or "indexing was stopped")
        return self._report

    async def current(self) -> IndexState:
        """Progress of the last run, of this or another process.

        Raises:
            CollectionError: the catalog cannot be read, and this process has not run any.
        """
        if self.state.stage == "running":
            return self.state
        try:
            told = await self._engine.run("search", self._engine.collection.index_state)
        except CollectionError:
            if self.state.stage == "never":
                raise
            return self.state
        return max(self.state, told, key=lambda state: state.updated_at or 0.0)

    async def stop(self) -> None:
        """Waits until a run has noticed that the server is stopping."""
        while self.state.stage == "running":
            await asyncio.sleep(0.01)
        if self._is_untold:
            await self._give_up_telling()
        elif self._task is not None:
            await asyncio.wait({self._task})
        await asyncio.to_thread(self._pool.shutdown)

    async def _give_up_telling(self) -> None:
        """Ends the attempts to store how the last run ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    # --- called by the collection, in the run's thread -----------------------------------------

    def planned(self, plan: IndexPlan) -> None:
        """The folders have been scanned."""
        self._is_walking = False
        self.state = replace(self.state, found=plan.found, to_read=plan.to_read)
        self._check_stop()

    def advanced(self, done: int, report: IndexReport) -> None:
        """More files are stored."""
        self.state = replace(self.state, done=done, skipped=len(report.skipped))
        self._check_stop()

    def videos_advanced(self, *_: int) -> None:
        """More videos have been looked at."""
        self._check_stop()

    def helped(self, *_: int) -> None:
        """More photos were read for another process."""
        self._check_stop()

    def _check_stop(self) -> None:
        if self._engine.stopping.is_set():
            raise IndexStoppedError("the server was asked to stop")

    def _index(self, verify: bool, changes: Changes | None) -> IndexReport:
        if changes is not None:
            return self._engine.collection.index_changes(changes, listener=self)
        return self._engine.collection.index(listener=self, verify=verify)

    # --- on the event loop --------------------------------------------------------------------

    async def _run(self, verify: bool, changes: Changes | None) -> AlreadyIndexingError | None:
        """Runs to the end; returns why it was refused."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, self._index, verify, changes)
        await self._tell_while(running)
        try:
            report = self._report = running.result()
        except AlreadyIndexingError as error:  # the state in the catalog belongs to the other run
            self._end("failed", message=failure_of(error).detail)
            return error
        except IndexStoppedError:
            self._end("stopped")
        except TwinlensError as error:
            logger.warning("indexing failed: %s", error)
            self._end("failed", message=failure_of(error).detail)
        except Exception:
            logger.exception("indexing failed")
            self._end("failed", message="indexing failed; see the server's log")
        else:
            counts = {name: getattr(report, name) for name in COUNTED}
            if (found := report.verification) is not None:
                counts |= {"verified": found.verified, "changed": found.changed}
            kept_folders = [folder.to_json() for folder in report.kept_folders]
            self._engine.forget_since_index()
            self._end("done", counts=counts, kept_folders=kept_folders, skipped=len(report.skipped))
        await self._tell_end()
        return None

    async def _tell_while(self, running: "asyncio.Future[IndexReport]") -> None:
        """Stores the progress now and then; a locked catalog must not hide that the run has ended."""
        quiet_until = time.monotonic() + REFUSED_WITHIN_S
        telling: asyncio.Task[bool] | None = None
        while not running.done():
            await asyncio.wait({running}, timeout=TOLD_EVERY_S)
            is_telling = telling is not None and not telling.done()
            if running.done() or is_telling or (self._is_walking and time.monotonic() < quiet_until):
                continue
            self.state = replace(self.state, updated_at=time.time())
            telling = asyncio.create_task(self._tell())
        self._telling = telling

    def _end(self, stage: Stage, **changes: Any) -> None:
        self.state = replace(self.state, stage=stage, updated_at=time.time(), **changes)

    async def _tell_end(self) -> None:
        """Stores how the run ended, as soon as the catalog can be written."""
        if self._telling is not None:  # an older state must not be stored after the last one
            await self._telling
        self._is_untold = not await self._tell()
        while self._is_untold and not self._engine.stopping.is_set():
            await asyncio.sleep(TOLD_AGAIN_S)
            self._is_untold = not await self._tell()

    async def _tell(self) -> bool:
        """Stores the state for other processes; False if the catalog cannot be written now."""
        try:
            await asyncio.to_thread(self._engine.collection.note_index_state, self.state)
        except CollectionError as error:  # such as a full disk, which must not stop the run
            logger.warning("the progress of indexing cannot be saved: %s", error)
            return False
        return True
