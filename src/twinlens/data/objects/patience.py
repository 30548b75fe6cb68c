"""Calls for what a server shows: somebody waits, so they end soon."""

import errno
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

SHOWN_S = 8.0  # for all tries of a call, until a picture begins to come
DRAWN_S = 30.0  # for the whole object, once its server has answered
REACHED_S = 2.0  # to find out whether it is the server or only one object
AWAY_S = 5.0  # in which a place that is away is not asked again
_until: ContextVar[float | None] = ContextVar("until", default=None)

Result = TypeVar("Result")


@contextmanager
def soon(seconds: float) -> Iterator[None]:
    """What is asked of object storage in this block ends within some seconds, and fails at once where it is away."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def deadline() -> float | None:
    """By ``time.monotonic``; None = there is all the time that the storage needs."""
    return _until.get()


def by_then(until: float, call: Callable[[], Result]) -> Result:
    """The result of a call; one that takes longer is left to itself, since no package can be interrupted.

    Raises:
        ConnectionError: it takes longer.
        Exception: as the call raises.
    """
    answers: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except BaseException as error:  # noqa: BLE001 — it is raised where somebody waits
            answers.put((None, error))

    started = time.monotonic()
    threading.Thread(target=run, name="object", daemon=True).start()
    try:
        result, failure = answers.get(timeout=max(until - started, 0.001))
    except queue.Empty:
        raise ConnectionError(errno.ECONNABORTED, f"no answer within {until - started:.1f} s") from None
    if failure is not None:
        raise failure
    return result  # type: ignore[return-value]  # as it is whenever nothing failed
