"""A run that reads the text in pictures, started by a call: in its own thread, one at a time."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from twinlens.api.indexing import Stage
from twinlens.api.photos.recognizing import ReadCounts, TextReport, can_read_texts, read_counts
from twinlens.errors import AlreadyReadingError, CollectionError, NoTextRecognizerError, TwinlensError
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, failure_of

logger = logging.getLogger(__name__)
REFUSED_WITHIN_S = 1.0  # such as by another process that reads; a run that reads takes longer to begin


class ReadingStoppedError(CollectionError):
    """The server was asked to stop; what was read is kept."""


@dataclass(frozen=True, slots=True)
class TextState:
    """Progress or result of one run of this process.

    Attributes:
        stage: "stopped" if the server was stopped; what was read is kept.
        done: photos that are finished.
        to_read: photos likely to hold text; None until that is known.
        with_text: those that were read and have text; at the end.
        failed: photos that could not be read; at the end.
        started_at: seconds since 1970.
        updated_at: seconds since 1970.
        message: why it failed.
    """

    stage: Stage = "never"
    done: int = 0
    to_read: int | None = None
    with_text: int | None = None
    failed: int = 0
    started_at: float | None = None
    updated_at: float | None = None
    message: str | None = None


class TextRun:
    """Reads what waits to be read, and says how far it is.

    Args:
        engine: of the collection.
    """

    def __init__(self, engine: Engine) -> None:
        self.state = TextState()
        self._engine = engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="texts")
        self._task: asyncio.Task[RequestFailure | None] | None = None

    async def start(self, *, all_photos: bool = False) -> None:
        """Starts a run.

        Args:
            all_photos: also read photos in which nothing looks like writing.

        Raises:
            AlreadyReadingError: this process is already reading.
            NoTextRecognizerError: the extra ``ocr`` is not installed.
            RequestFailure: the run has failed at once.
        """
        if self.state.stage == "running":
            raise AlreadyReadingError("the text in the library's pictures is already being read")
        if not can_read_texts():
            raise NoTextRecognizerError("the extra ocr is not installed")
        now = time.time()
        before, self.state = self.state, TextState("running", started_at=now, updated_at=now)
        self._task = asyncio.create_task(self._run(all_photos))
        done, _ = await asyncio.wait({self._task}, timeout=REFUSED_WITHIN_S)
        if done and (refusal := self._task.result()) is not None:
            self.state = before
            raise refusal

    async def current(self) -> TextState:
        """Progress of the last run."""
        return self.state

    async def counts(self) -> ReadCounts:
        """How many photos have been looked at, by whichever process, and how many wait."""
        return await self._engine.run("search", read_counts, self._engine.collection)

    async def stop(self) -> None:
        """Waits until a run has noticed that the server is stopping."""
        if self._task is not None:
            await asyncio.wait({self._task})
        await asyncio.to_thread(self._pool.shutdown)

    async def _run(self, all_photos: bool) -> RequestFailure | None:
        """Runs to the end; returns why it failed."""
        try:
            report = await asyncio.get_running_loop().run_in_executor(self._pool, self._read, all_photos)
        except ReadingStoppedError:
            self._end("stopped")
        except TwinlensError as error:
            logger.warning("the text in pictures could not be read: %s", error)
            failure = failure_of(error)
            self._end("failed", message=failure.detail)
            return failure
        except Exception:
            logger.exception("the text in pictures could not be read")
            self._end("failed", message="reading failed; see the server's log")
        else:
            to_read = report.read + len(report.failed)
            told = {"done": to_read, "to_read": to_read, "with_text": report.with_text, "failed": len(report.failed)}
            self._end("done", **told)
        return None

    def _read(self, all_photos: bool) -> TextReport:
        return self._engine.collection.read_texts(all_photos=all_photos, on_progress=self._note)

    def _note(self, done: int, total: int) -> None:
        """Called in the run's thread after each photo."""
        self.state = replace(self.state, done=done, to_read=total, updated_at=time.time())
        if self._engine.stopping.is_set():
            raise ReadingStoppedError("the server was asked to stop")

    def _end(self, stage: Stage, **changes: Any) -> None:
        self.state = replace(self.state, stage=stage, updated_at=time.time(), **changes)
