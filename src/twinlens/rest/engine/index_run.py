"""An index run started by a call: runs in its own thread, records its progress in the catalog."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from twinlens.api.indexing import IndexPlan, IndexReport, IndexState, SilentListener
from twinlens.errors import CollectionBusyError, CollectionError, TwinlensError
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import failure_of

logger = logging.getLogger(__name__)
TOLD_EVERY_S = 0.5
REFUSED_WITHIN_S = 1.0  # a conflicting run is detected at once; the first file may take long
COUNTED = ("added", "updated", "renamed", "removed", "unchanged", "images")


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
        self._task: asyncio.Task[None] | None = None
        self._is_walking = False

    async def start(self, *, verify: bool = False) -> None:
        """Starts a run.

        Args:
            verify: also read photos whose size and date have not changed.

        Raises:
            CollectionBusyError: this or another process is already indexing.
        """
        if self._task is not None and not self._task.done():
            raise CollectionBusyError("the collection is being indexed already")
        now = time.time()
        before, self.state = self.state, IndexState("running", started_at=now, updated_at=now)
        self._is_walking = True
        self._task = asyncio.create_task(self._run(verify))
        done, _ = await asyncio.wait({self._task}, timeout=REFUSED_WITHIN_S)
        if done and isinstance(error := self._task.exception(), CollectionBusyError):
            self.state = before
            raise error

    async def stop(self) -> None:
        """Waits until a run has noticed that the server is stopping."""
        if self._task is not None:
            with suppress(CollectionBusyError):
                await self._task
        await asyncio.to_thread(self._pool.shutdown)

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

    def _check_stop(self) -> None:
        if self._engine.stopping.is_set():
            raise IndexStoppedError("the server was asked to stop")

    def _index(self, verify: bool) -> IndexReport:
        return self._engine.collection.index(listener=self, verify=verify)

    # --- on the event loop --------------------------------------------------------------------

    async def _run(self, verify: bool) -> None:
        running = asyncio.get_running_loop().run_in_executor(self._pool, self._index, verify)
        quiet_until = time.monotonic() + REFUSED_WITHIN_S
        while not running.done():
            await asyncio.wait({running}, timeout=TOLD_EVERY_S)
            if not running.done() and (not self._is_walking or time.monotonic() > quiet_until):
                await self._tell()
        try:
            report = running.result()
        except CollectionBusyError:  # the state in the catalog belongs to the other run
            raise
        except IndexStoppedError:
            await self._tell("stopped")
        except TwinlensError as error:
            logger.warning("indexing failed: %s", error)
            await self._tell("failed", message=failure_of(error).detail)
        except Exception:
            logger.exception("indexing failed")
            await self._tell("failed", message="indexing failed; see the server's log")
        else:
            counts = {name: getattr(report, name) for name in COUNTED}
            if (found := report.verification) is not None:
                counts |= {"verified": found.verified, "changed": found.changed}
            self.state = replace(self.state, counts=counts)
            self._engine.forget_since_index()
            await self._tell("done", skipped=len(report.skipped))

    async def _tell(self, stage: str = "running", **changes: object) -> None:
        self.state = replace(self.state, stage=stage, updated_at=time.time(), **changes)  # type: ignore[arg-type]
        try:
            await asyncio.to_thread(self._engine.collection.note_index_state, self.state)
        except CollectionError as error:  # a full disk must not stop the run
            logger.warning("the progress of indexing cannot be saved: %s", error)
