"""One decoder process, seen from its parent: starts it, asks it, kills it when its time is over."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from twinlens.data.guarded.limits import Limits
from twinlens.errors import DecoderError, PhotoCrashError, PhotoError, PhotoTooLargeError, PhotoTooSlowError

STARTED_WITHIN_S = 60.0  # usually 0.4 s; a cold disk takes longer
PIPE_BYTES = 1_000_000  # on Linux; a photo of 4 MB then takes 2 ms to travel
ENDED_WITHIN_S = 5.0  # after it was asked to end
_BROKEN = (EOFError, OSError, pickle.UnpicklingError, ValueError)  # ValueError: the pipe was closed


class DecoderGone(Exception):  # noqa: N818 — the name says what happened
    """The process had ended before it saw the photo."""


class Decoder:
    """A decoder process; used by one thread at a time, but ``kill`` may come from any.

    Args:
        limits: of each photo.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._is_expired = False
        self._is_gone = False
        self.held_bytes = 0
        self.jobs = 0
        self._process = subprocess.Popen(
            # -P: a folder of photos may contain a file of the name numpy.py
            [sys.executable, "-P", "-m", "twinlens.data.guarded.worker", limits.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=PIPE_BYTES,
            env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            creationflags=_FLAGS,
            process_group=_GROUP,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        try:
            with self._clock(STARTED_WITHIN_S):
                self._receive()
        except _BROKEN as error:
            self.close()
            raise DecoderError(
                f"the process that decodes photos does not start (exit code {self._process.returncode}); "
                f"{sys.executable} -m twinlens.data.guarded.worker '{{}}' shows why"
            ) from error

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self._is_gone and self._process.poll() is None

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...], *, large: threading.Lock) -> Any:
        """The function's value, computed in the process.

        Args:
            function: found by its module and name, and so are classes of its arguments.
            arguments: of the function.
            large: held while the process decodes a large photo.

        Raises:
            DecoderGone: the process had ended before.
            PhotoError: the process crashed; one of its kinds if it exceeded a limit.
            Exception: what the function has raised.
        """
        self.jobs += 1
        has_turn = False
        try:
            kind, value = self._begin(pickle.dumps((function, arguments), protocol=5))
            while kind == "turn":
                has_turn = has_turn or large.acquire()
                kind, value = self._ask(self._limits)
        except _BROKEN as error:
            raise self._reason() from error
        finally:
            if has_turn:
                large.release()
        if kind == "error":
            raise value
        return value

    def kill(self) -> None:
        """Ends it at once; who waits for it gets an error."""
        self._process.kill()

    def close(self) -> None:
        """Ends it: at once if it is idle."""
        for pipe in (self._requests, self._answers):
            try:
                pipe.close()
            except OSError:  # it died with a request unread
                continue
        try:
            self._process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _begin(self, request: bytes) -> tuple[str, Any]:
        with self._clock(self._limits.wall_s):
            try:
                self._send(request)
                self._receive()  # "started"
            except _BROKEN as error:
                if not self._is_expired:
                    self._is_gone = True  # the system may not have noted its end yet
                    raise DecoderGone from error
                raise
            return self._receive()

    def _ask(self, message: Any) -> tuple[str, Any]:
        with self._clock(self._limits.wall_s):
            self._send(message)
            return self._receive()

    def _send(self, message: Any) -> None:
        pickle.dump(message, self._requests, protocol=5)
        self._requests.flush()

    def _receive(self) -> tuple[str, Any]:
        kind, value, self.held_bytes = pickle.load(self._answers)
        return kind, value

    def _clock(self, seconds: float) -> "_Clock":
        return _Clock(seconds, self._expire)

    def _expire(self) -> None:
        self._is_expired = True
        self._process.kill()

    def _reason(self) -> PhotoError:
        """Why the process has ended."""
        try:
            code = self._process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:  # it has closed its pipe, or answered nonsense
            self._process.kill()
            code = self._process.wait()
        if self._is_expired or -code in _TIMERS:
            return PhotoTooSlowError(f"takes more than {self._limits.cpu_s:g} s to decode")
        if -code == _KILLED:
            return PhotoTooLargeError("its decoder was killed, probably because the memory of this machine is used up")
        name = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return PhotoCrashError(f"damaged: it crashes the decoder ({name})")


class _Clock:
    """Calls a function unless the block ends in time."""

    def __init__(self, seconds: float, expire: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._expire, self._lock, self._is_over = expire, threading.Lock(), False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
        self._timer.cancel()

    def _ring(self) -> None:
        with self._lock:
            if not self._is_over:
                self._expire()


_TIMERS = {getattr(signal, name) for name in ("SIGALRM", "SIGPROF", "SIGXCPU") if hasattr(signal, name)}
_KILLED = getattr(signal, "SIGKILL", None)
# a group of its own: Ctrl+C in a terminal is for the parent, which decides what becomes of its photos
_GROUP: int | None = 0
_FLAGS = 0
if sys.platform == "win32":
    _GROUP, _FLAGS = None, subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}  # less address space
