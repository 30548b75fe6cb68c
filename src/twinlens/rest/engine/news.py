"""Waiting for the library to change, whichever program changes it: one look a moment, however many wait."""

import asyncio
import time
from contextlib import suppress

from twinlens.rest.engine.engine import Engine

LOOK_EVERY_S = 0.25


class News:
    """The generation of the library's catalog.

    Args:
        engine: of the collection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._generation = -1
        self._looked_at = float("-inf")
        self._look = asyncio.Lock()

    async def wait(self, *, other_than: int, within_s: float) -> None:
        """Returns when the library has another generation, the time is over, or the server stops."""
        until = time.monotonic() + within_s
        while not self._engine.stopping.is_set() and await self._current() == other_than:
            if (left_s := until - time.monotonic()) <= 0:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._engine.stopping.wait(), min(left_s, LOOK_EVERY_S))

    async def _current(self) -> int:
        async with self._look:
            if time.monotonic() >= self._looked_at + LOOK_EVERY_S:
                self._generation = await self._engine.run("search", self._engine.generation)
                self._looked_at = time.monotonic()
        return self._generation
