"""Several worker processes on one socket; vectors are memory-mapped, so they are in memory only once."""

import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from twinlens.errors import TwinlensError
from twinlens.rest.metrics import SHARED_FOLDER
from twinlens.rest.process.server import FINISH_S, serve
from twinlens.rest.settings import Settings

logger = logging.getLogger(__name__)
QUICK_DEATH_S = 5.0  # a worker that dies this soon after it was ready would die again
_processes = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    process: BaseProcess
    line: Connection  # sends "ready" or the error; its end tells the worker that the parent is gone
    ready_at: float | None = None


class WorkersDied(TwinlensError):  # noqa: N818 — the name says what happened
    """A worker died, and a new one would die, too."""


class Workers:
    """Starts worker processes, replaces those that die, and stops them together.

    Args:
        settings: of the server.
        listener: bound and listening; all workers accept from it.
    """

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings, self._listener = settings, listener
        self._signal: int | None = None
        self._workers: list[_Worker] = []

    def run(self, on_ready: Callable[[], None]) -> int | None:
        """Serves until a signal arrives, and returns it.

        Args:
            on_ready: called when all workers can answer.

        Raises:
            TwinlensError: a worker cannot serve the collection.
        """
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, self._note_signal)
        folder = os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="twinlens-metrics-")
        try:
            self._workers = [self._start() for _ in range(self._settings.workers)]
            self._watch(on_ready)
        finally:
            self._listener.close()
            self._stop()
            shutil.rmtree(folder, ignore_errors=True)
            os.environ.pop(SHARED_FOLDER, None)
        return self._signal

    def _note_signal(self, kind: int, _frame: object) -> None:
        self._signal = kind

    def _start(self) -> _Worker:
        ours, theirs = _processes.Pipe()
        process = _processes.Process(
            target=_work, args=(self._settings, self._listener, theirs, _Logs.here()), name="twinlens-worker"
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _watch(self, on_ready: Callable[[], None]) -> None:
        told = False
        while self._signal is None:
            wait([worker.line for worker in self._workers], timeout=0.2)
            self._workers = [self._checked(worker) for worker in self._workers]
            if not told and all(worker.ready_at for worker in self._workers):
                told = True
                on_ready()

    def _checked(self, worker: _Worker) -> _Worker:
        """The worker, or a new one if it died."""
        if worker.line.poll():
            try:
                message = worker.line.recv()
            except EOFError:
                message = None
            if isinstance(message, TwinlensError):
                raise message
            if message == "ready":
                worker.ready_at = time.monotonic()
                return worker
        elif worker.process.is_alive():
            return worker
        worker.process.join(timeout=5)
        if self._signal is not None:
            return worker
        if worker.ready_at is None or time.monotonic() - worker.ready_at < QUICK_DEATH_S:
            raise WorkersDied(
                f"a worker exited with code {worker.process.exitcode}; run with --log-file FILE for details"
            )
        logger.warning("a worker exited with code %s and is replaced", worker.process.exitcode)
        _forget_metrics(worker)
        worker.line.close()
        return self._start()

    def _stop(self) -> None:
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.terminate()
        deadline = time.monotonic() + FINISH_S + 5
        for worker in self._workers:
            worker.process.join(timeout=max(0.1, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.line.close()


@dataclass(frozen=True)
class _Logs:
    """The parent's logging setup, passed on to the workers."""

    levels: dict[str, int]
    files: list[str]

    @classmethod
    def here(cls) -> "_Logs":
        names = ("twinlens", "twinlens.access", "twinlens.queries", "twinlens.collection")
        files = [
            one.baseFilename for one in logging.getLogger("twinlens").handlers if isinstance(one, logging.FileHandler)
        ]
        return cls({name: logging.getLogger(name).level for name in names}, files)

    def start(self) -> None:
        logging.basicConfig(format="%(levelname)s: %(message)s")
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)
        for file in self.files:
            handler = logging.FileHandler(file, encoding="utf-8")
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logging.getLogger("twinlens").addHandler(handler)


def _work(settings: Settings, listener: socket.socket, line: Connection, logs: _Logs) -> None:
    """The main function of a worker."""
    logs.start()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl+C reaches all processes; until uvicorn handles it there is nothing to finish
    try:
        serve(
            settings,
            listener,
            on_ready=lambda _: line.send("ready"),
            on_start=lambda server: threading.Thread(target=_stop_when_alone, args=(line, server), daemon=True).start(),
        )
    except TwinlensError as error:
        line.send(error)


def _stop_when_alone(line: Connection, server: Any) -> None:
    try:
        line.recv()
    except (EOFError, OSError):  # the parent was killed
        server.should_exit = True


def _forget_metrics(worker: _Worker) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.process.pid)  # type: ignore[no-untyped-call]
