"""A guard: a few decoder processes, started when needed, replaced when they have crashed or grown."""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Self, TypeVar

from twinlens.data.guarded.decoder import Decoder, DecoderGone
from twinlens.data.guarded.limits import Limits
from twinlens.errors import DecoderError

Value = TypeVar("Value")
GROWN_BYTES = 300_000_000  # a decoder that keeps more is replaced, which gives the memory back
TRIES = 3  # if a decoder is found dead
MOST_JOBS = 1000  # of one decoder: libraries leak


class Guard:
    """Runs functions in decoder processes; may be shared between threads.

    A process is started by the first photo that finds none free. All end with ``close``, with
    the guard, or with this process, however that ends.

    Args:
        limits: of each photo.
        processes: at most so many at once; None = the number of cores.
    """

    def __init__(self, limits: Limits | None = None, *, processes: int | None = None) -> None:
        self.limits = limits or Limits()
        self._processes = processes or os.cpu_count() or 1
        self._set_up()

    def _set_up(self) -> None:
        self._owner = os.getpid()
        self._places = threading.BoundedSemaphore(self._processes)
        self._lock, self._large = threading.Lock(), threading.Lock()
        self._free: list[Decoder] = []
        self._all: set[Decoder] = set()
        self._is_closed = False
        weakref.finalize(self, _close_all, self._all, self._owner)

    def run(self, function: Callable[..., Value], *arguments: Any) -> Value:
        """The function's value, computed in a decoder process.

        Args:
            function: of a module; a lambda has no name by which the process could find it.
            arguments: of the function.

        Raises:
            PhotoError: the process crashed or exceeded a limit.
            DecoderError: no process could be started, or the guard was closed.
            Exception: what the function has raised.
        """
        if self._owner != os.getpid():  # a fork shares the pipes of its parent
            self._set_up()
        with self._places:
            for _ in range(TRIES):
                decoder = self._take()
                try:
                    value: Value = decoder.run(function, arguments, large=self._large)
                    return value
                except DecoderGone:  # killed while it was idle
                    decoder.kill()
                finally:
                    self._give_back(decoder)
        raise DecoderError("the processes that decode photos are killed as soon as they start; see the system's log")

    def close(self) -> None:
        """Ends all processes; those that are decoding are killed."""
        if self._owner != os.getpid():
            return
        with self._lock:
            self._is_closed = True
            free, self._free = self._free, []
            busy = self._all.difference(free)
            self._all.difference_update(free)
        for decoder in busy:
            decoder.kill()  # the thread that waits for it closes it
        for decoder in free:
            decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> Decoder:
        while (decoder := self._pop_free()) is not None:
            if decoder.is_alive:
                return decoder
            self._drop(decoder)
        decoder = Decoder(self.limits)
        with self._lock:
            self._all.add(decoder)
            is_closed = self._is_closed
        if is_closed:  # meanwhile
            decoder.kill()
        return decoder

    def _pop_free(self) -> Decoder | None:
        with self._lock:
            if self._is_closed:
                raise DecoderError("the guard is closed: no photo can be decoded any more")
            return self._free.pop() if self._free else None

    def _give_back(self, decoder: Decoder) -> None:
        is_spent = decoder.held_bytes > GROWN_BYTES or decoder.jobs >= MOST_JOBS
        with self._lock:
            if decoder.is_alive and not is_spent and not self._is_closed:
                self._free.append(decoder)
                return
        self._drop(decoder)

    def _drop(self, decoder: Decoder) -> None:
        with self._lock:
            self._all.discard(decoder)
        decoder.close()


def _close_all(decoders: set[Decoder], owner: int) -> None:
    if owner == os.getpid():
        for decoder in list(decoders):
            decoder.kill()
            decoder.close()
