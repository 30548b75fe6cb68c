"""How many photos are fetched and decoded at once: objects arrive slowly, so many are on their way, but few decoded."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FETCHED_AT_ONCE = 16  # an object of 3 MB takes some 100 ms, and a core decodes 20 photos in a second
FETCHED_BYTES = 256_000_000  # of objects that are on their way, or wait to be decoded
GUESSED_BYTES = 8_000_000  # of an object whose size nobody told


class Turns:
    """Gives turns to the threads that prepare photos: as many decode as there are cores.

    Args:
        fetched_bytes: of objects in memory; a larger one has its turn when it is alone.
        cores: that decode; None = all.
    """

    def __init__(self, fetched_bytes: int = FETCHED_BYTES, *, cores: int | None = None) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._decoding = threading.Semaphore(self._cores)
        self._most, self._held, self._changed = fetched_bytes, 0, threading.Condition()

    @property
    def threads(self) -> int:
        """How many threads can be of use."""
        return max(FETCHED_AT_ONCE, self._cores)

    @contextmanager
    def to_decode(self) -> Iterator[None]:
        """A turn to read a file and to decode it."""
        with self._decoding:
            yield

    @contextmanager
    def to_fetch(self, size_bytes: int | None) -> Iterator[None]:
        """A turn to have so many bytes of an object in memory."""
        size = GUESSED_BYTES if size_bytes is None else size_bytes
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + size <= self._most)
            self._held += size
        try:
            yield
        finally:
            with self._changed:
                self._held -= size
                self._changed.notify_all()
