"""Two indexers on one catalog, in step: the one that leads waits until the other one has read something."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conftest import ColourEncoder
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.types import Pixels

WAIT_S = 120


class Listener(SilentListener):
    """Tells when the folders are scanned, and when photos were read for another run.

    Args:
        on_helped: called then, in the thread of the run.
    """

    def __init__(self, on_helped: Callable[[], None] = lambda: None) -> None:
        self.is_planned, self.has_helped = threading.Event(), threading.Event()
        self._on_helped = on_helped

    def planned(self, plan: object) -> None:
        self.is_planned.set()

    def helped(self, done: int, /) -> None:
        if done and not self.has_helped.is_set():
            self._on_helped()
            self.has_helped.set()


class Leader:
    """A collection that indexes in a thread, and embeds nothing until it is let.

    Args:
        collection: with the encoder.
        encoder: others may use it, too.
        monkeypatch: of the test.
    """

    def __init__(self, collection: Collection, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
        self._collection, self._pool = collection, ThreadPoolExecutor(1, thread_name_prefix="leader")
        self.let, self.listener, self.fails = threading.Event(), Listener(), False
        embed = encoder.encode_pixels

        def wait(pixels: Pixels) -> object:
            if threading.current_thread().name.startswith("leader"):
                assert self.let.wait(WAIT_S)
                if self.fails:
                    raise KeyboardInterrupt
            return embed(pixels)

        monkeypatch.setattr(encoder, "encode_pixels", wait)

    def start(self, on: Any = None) -> None:
        """Returns when it has listed the folders; ``on`` are machines that compute for it."""
        self._report = self._pool.submit(self._collection.index, listener=self.listener, on=on)
        assert self.listener.is_planned.wait(WAIT_S)

    def report(self) -> IndexReport:
        """Waits for its end."""
        return self._report.result(timeout=WAIT_S)
