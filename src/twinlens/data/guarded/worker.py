"""The decoder process: runs one function after another for its parent, and ends with it.

Requests and answers are pickles on stdin and stdout. The limits are the kernel's own, so they
hold for C code that hangs, too: two timers whose signals end the process, and a limit on memory.
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from twinlens.data import images
from twinlens.data.guarded.limits import Limits

BACKGROUND_NICE = 5  # a quarter of a core that another needs as well
GRACE_S = 5.0  # of wall-clock time beyond the limit: the parent's own clock should be first


class _Line:
    """The two pipes to the parent."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._received: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        # in a thread, so that the parent's end is noticed while a photo is being decoded
        try:
            while True:
                self._received.put(pickle.load(self._requests))
        except (EOFError, OSError, pickle.UnpicklingError):  # the parent has ended, or closed the line
            os._exit(0)

    def receive(self) -> Any:
        return self._received.get()

    def send(self, kind: str, value: Any) -> None:
        self._answers.write(pickle.dumps((kind, value, held_bytes()), protocol=5))
        self._answers.flush()

    @contextlib.contextmanager
    def large_turn(self) -> Iterator[None]:
        """Waits until no other process of the guard decodes a large photo; the parent ends the turn."""
        _set_timers(0, 0)
        self.send("turn", None)
        _start_timers(self.receive())
        yield


def main(limits: Limits) -> None:
    """Answers requests until the parent closes the line."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _restore_signals()
    line = _Line(requests, answers)
    images.set_large_turn(line.large_turn)
    images.load_plugins()
    _limit_memory(limits)
    if limits.is_background and hasattr(os, "nice"):
        os.nice(BACKGROUND_NICE)
    line.send("ready", None)
    while True:
        request = line.receive()
        line.send("started", None)
        _start_timers(limits)
        try:
            function, arguments = pickle.loads(request)
            kind, value = "answer", function(*arguments)
        except Exception as error:  # noqa: BLE001 — the parent raises it again
            kind, value = "error", error
        try:
            line.send(kind, value)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            line.send("error", TypeError(f"the answer cannot be sent: {error}"))
        except MemoryError as error:
            line.send("error", error)
        del value
        _set_timers(0, 0)


def held_bytes() -> int:
    """Memory of this process now; where the system does not tell, the most it had so far."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _restore_signals() -> None:
    """Timers must end the process, whatever the parent does with these signals; Ctrl+C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        for kind in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(kind, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _start_timers(limits: Limits) -> None:
    _set_timers(limits.cpu_s, limits.wall_s + GRACE_S)


def _set_timers(cpu_s: float, wall_s: float) -> None:
    if sys.platform != "win32":  # there the parent's clock must do
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        signal.setitimer(signal.ITIMER_REAL, wall_s)


def _limit_memory(limits: Limits) -> None:
    """Address space beyond what the libraries have taken; only Linux counts it so that a limit is of use."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    for kind, most in ((resource.RLIMIT_AS, taken + limits.memory_bytes), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main(Limits.from_json(sys.argv[1]))
