"""Several worker processes on one socket; vectors are memory-mapped, so they are in memory only once."""

import logging
import multiprocessing
import os
import pickle
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from twinlens.errors import TwinlensError
from twinlens.rest.metrics import SHARED_FOLDER
from twinlens.rest.process.hangup import IS_KNOWN, Hangup
from twinlens.rest.process.logs import Logs, reopen_log_files
from twinlens.rest.process.server import FINISH_S, serve
from twinlens.rest.settings import Settings

logger = logging.getLogger(__name__)
QUICK_DEATH_S = 5.0  # a worker that dies this soon after it was ready may die again
LONGEST_PAUSE_S = 5.0  # before such a worker is replaced
MOST_DEATHS_AT_START = 5  # of one worker, while no request was answered yet
_processes = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    """A worker, or the place of one that died and is to be replaced."""

    process: BaseProcess | None = None
    line: Connection | None = None  # sends "ready" or the error; its end tells the worker that the parent is gone
    ready_at: float | None = None
    quick_deaths: int = 0
    starts_at: float = 0.0


class WorkersDied(TwinlensError):  # noqa: N818 — the name says what happened
    """The workers died when they started, and new ones would die, too."""


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
        self._is_serving = False  # all have been ready once
        self._hangup = Hangup()
        self._hangups = self._hangups_told = 0

    def run(self, on_ready: Callable[[], None]) -> int | None:
        """Serves until a signal arrives, and returns it.

        Args:
            on_ready: called when all workers can answer.

        Raises:
            TwinlensError: a worker cannot serve the collection.
        """
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, self._note_signal)
        if IS_KNOWN:
            signal.signal(signal.SIGHUP, self._note_hangup)
        folder = os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="twinlens-metrics-")
        os.environ["PYTHONSAFEPATH"] = "1"  # a worker's first import is not looked for in the current folder
        try:
            self._workers = [_Worker() for _ in range(self._settings.workers)]
            self._watch(on_ready)
        finally:
            self._listener.close()
            self._stop()
            shutil.rmtree(folder, ignore_errors=True)
            os.environ.pop(SHARED_FOLDER, None)
        return self._signal

    def _note_signal(self, kind: int, _frame: object) -> None:
        self._signal = kind

    def _note_hangup(self, kind: int, _frame: object) -> None:
        if self._hangup.is_end():
            self._signal = kind
        else:
            self._hangups += 1

    def _watch(self, on_ready: Callable[[], None]) -> None:
        while self._signal is None:
            for worker in self._workers:
                self._look_after(worker)
            if not self._is_serving and all(worker.ready_at for worker in self._workers):
                self._is_serving = True
                on_ready()
            if self._hangups_told < self._hangups:
                self._hangups_told = self._hangups
                reopen_log_files()
                for worker in self._workers:
                    _tell_hangup(worker)
            wait([worker.line for worker in self._workers if worker.line], timeout=0.2)

    # --- one worker ---------------------------------------------------------------------------

    def _look_after(self, worker: _Worker) -> None:
        if worker.process is None or worker.line is None:
            if time.monotonic() >= worker.starts_at:
                self._start(worker)
            return
        message: object = None
        if worker.line.poll():
            with suppress(EOFError, OSError, pickle.UnpicklingError):  # it was killed, perhaps while sending
                message = worker.line.recv()
        elif worker.process.is_alive():
            return
        if message == "ready":
            worker.ready_at = time.monotonic()
            if self._hangups_told:  # it may have started with what was read before
                _tell_hangup(worker)
            return
        self._bury(worker, message)

    def _start(self, worker: _Worker) -> None:
        ours, theirs = _processes.Pipe()
        process = _processes.Process(
            target=_work, args=(self._settings, self._listener, theirs, Logs.here()), name="twinlens-worker"
        )
        worker.process, worker.line, worker.ready_at = process, ours, None
        with suppress(BrokenPipeError):  # it was killed before it was told what to do
            process.start()
        theirs.close()

    def _bury(self, worker: _Worker, message: object) -> None:
        """A worker has died: decides whether it is replaced, and when.

        Raises:
            TwinlensError: none has served yet, and another attempt would end in the same way.
        """
        process, line = worker.process, worker.line
        assert process is not None
        assert line is not None
        code = _exit_code(process)
        line.close()
        is_quick = worker.ready_at is None or time.monotonic() - worker.ready_at < QUICK_DEATH_S
        worker.quick_deaths = worker.quick_deaths + 1 if is_quick else 0
        worker.process = worker.line = worker.ready_at = None
        if self._signal is not None:
            return
        if not self._is_serving:
            if isinstance(message, TwinlensError):
                raise message
            if code is None or code >= 0 or worker.quick_deaths >= MOST_DEATHS_AT_START:  # below 0: killed by a signal
                raise WorkersDied(f"a worker exited with code {code}; run with --log-file FILE for details")
        reason = f": {message}" if isinstance(message, TwinlensError) else ""
        logger.warning("a worker exited with code %s and is replaced%s", code, reason)
        _forget_metrics(process)
        pause = min(LONGEST_PAUSE_S, 2.0 ** (worker.quick_deaths - 2)) if worker.quick_deaths > 1 else 0.0
        worker.starts_at = time.monotonic() + pause

    def _stop(self) -> None:
        started = [worker.process for worker in self._workers if worker.process and worker.process.pid]
        for process in started:
            if process.is_alive():
                process.terminate()
        deadline = time.monotonic() + self._settings.drain_s + FINISH_S + 5
        for process in started:
            process.join(timeout=max(0.1, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
        for worker in self._workers:
            if worker.line:
                worker.line.close()


def _tell_hangup(worker: _Worker) -> None:
    """Passes SIGHUP on; a worker that is still starting is told when it is ready."""
    if worker.process and worker.process.pid and worker.ready_at:
        with suppress(ProcessLookupError):
            os.kill(worker.process.pid, signal.SIGHUP)


def _exit_code(process: BaseProcess) -> int | None:
    if process.pid is None:  # it did not even start
        return -int(signal.SIGTERM)
    process.join(timeout=5)
    return process.exitcode


def _work(settings: Settings, listener: socket.socket, line: Connection, logs: Logs) -> None:
    """The main function of a worker."""
    if IS_KNOWN:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server can handle it
    logs.start()
    # Ctrl+C reaches all processes; until uvicorn handles it there is nothing to finish
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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


def _forget_metrics(process: BaseProcess) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process.pid)  # type: ignore[no-untyped-call]
