"""What stands behind all calls: the collection, the threads that work on it, and its state from warm-up to shutdown."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Literal, TypeVar

from twinlens.api.library import Collection, LibraryFacts, warm_up
from twinlens.api.searching import Page, Query, Search, Term, picture_pixels
from twinlens.rest.engine.text_vectors import TextVectors
from twinlens.rest.failures import RequestFailure
from twinlens.rest.metrics import Metrics
from twinlens.rest.settings import Settings
from twinlens.types import Embeddings, Pixels

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Stage = Literal["decode", "encode", "search", "write"]
THREADS: dict[Stage, int] = {
    "decode": 2,  # an uploaded panorama must not hold up the searches
    "encode": 1,  # a batch fills a core
    "search": 4,  # waits for SQLite as much as it computes
    "write": 1,  # waits for whoever else writes the catalog, for long where that is an index run
}
MOST_WAITING = 1000  # of one stage: more would wait for longer than people do
NOTE_MEMORY_S = 5.0


class Engine:
    """One collection being served by one process.

    Nothing here computes on the event loop: each stage has a few threads of its own.

    Args:
        collection: opened; closed by ``stop``.
        settings: of the server.
        metrics: told of everything.
    """

    def __init__(self, collection: Collection, settings: Settings, metrics: Metrics) -> None:
        self.collection, self.settings, self.metrics = collection, settings, metrics
        self.state: Literal["new", "starting", "ready", "failed", "stopping"] = "new"
        self.failure: Exception | None = None
        self.stopping = asyncio.Event()
        self.texts = TextVectors(self._encode_texts, metrics=metrics, together=settings.batch_queries)
        self.thumbnails = collection.thumbnails(max_bytes=int(settings.thumbnails_mb * 1e6))
        self._pools = {
            stage: ThreadPoolExecutor(threads, thread_name_prefix=stage) for stage, threads in THREADS.items()
        }
        self._waiting = dict.fromkeys(THREADS, 0)
        self._facts: LibraryFacts | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- from start to stop -------------------------------------------------------------------

    def start(self) -> None:
        """Begins to warm up; ``state`` says when that is done."""
        self.state = "starting"
        self._tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._note_memory())]

    async def warmed(self) -> None:
        """Waits until queries can be answered, or never can."""
        await asyncio.wait(self._tasks[:1])

    async def _warm_up(self) -> None:
        try:
            await self.run("encode", warm_up, self.collection)
            await self.facts()
            if len(self.collection):
                await self.run("search", self._first_search)
        except Exception as error:  # noqa: BLE001 — whoever started the server is told
            self.failure, self.state = error, "failed"
            return
        self.state = "ready"

    def _first_search(self) -> None:
        words = "a photo"
        vector = self.collection.encoder.encode_text([words])[0]
        self.collection.answer(Search(Query((Term("words", words),), words, vector), page=Page(k=1)))

    async def _note_memory(self) -> None:
        while True:
            self.metrics.note_memory()
            await asyncio.sleep(NOTE_MEMORY_S)

    def stop_streams(self) -> None:
        """Lets calls end that would go on for long; called when the server is told to stop."""
        self.state = "stopping"
        self.stopping.set()

    async def stop(self) -> None:
        """Finishes what runs, then closes the collection."""
        self.stop_streams()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for pool in self._pools.values():
            await asyncio.to_thread(pool.shutdown)
        self.collection.close()

    def check_ready(self) -> None:
        """Raises RequestFailure unless queries can be answered."""
        if self.state == "failed":
            logger.error("not served: %s", self.failure)
            raise RequestFailure("library_unavailable", "the library cannot be served", "the server's log says why")
        if self.state in ("new", "starting"):
            raise RequestFailure("starting", "the model is being loaded", "ask again in a second", {"Retry-After": "1"})

    # --- work ---------------------------------------------------------------------------------

    async def run(self, stage: Stage, function: Callable[..., Result], *arguments: Any) -> Result:
        """Calls a function in a thread of a stage.

        Raises:
            RequestFailure: too many calls wait for that stage already.
        """
        if self._waiting[stage] >= MOST_WAITING:
            raise RequestFailure("too_busy", "too many requests wait already", "ask again soon", {"Retry-After": "1"})
        self._waiting[stage] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pools[stage], self._timed, stage, function, arguments
            )
        finally:
            self._waiting[stage] -= 1

    def _timed(self, stage: Stage, function: Callable[..., Result], arguments: Sequence[Any]) -> Result:
        started = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.metrics.stages.labels(stage).observe(time.perf_counter() - started)

    async def text_vectors(self, words: Sequence[str]) -> list[Embeddings]:
        """[D] for each of some words."""
        return await self.texts.vectors(words, fingerprint=self.collection.encoder.fingerprint)

    async def _encode_texts(self, texts: list[str]) -> tuple[str, Embeddings]:
        encoder = self.collection.encoder
        return encoder.fingerprint, await self.run("encode", encoder.encode_text, texts)

    async def picture_vector(self, data: bytes) -> Embeddings:
        """[D] of an uploaded picture, which stays in memory.

        Raises:
            PhotoError: it cannot be read.
        """
        pixels = await self.run("decode", self._pixels, data)
        return await self.run("encode", self._encode_pixels, pixels)

    def _pixels(self, data: bytes) -> Pixels:
        return picture_pixels(data, self.collection.encoder, max_megapixels=self.settings.max_megapixels)

    def _encode_pixels(self, pixels: Pixels) -> Embeddings:
        vector: Embeddings = self.collection.encoder.encode_pixels(pixels[None]).embeddings[0]
        return vector

    async def facts(self) -> LibraryFacts:
        """What the library holds now; counted again only when the catalog has changed."""
        self._facts = await self.run("search", self._current_facts, self._facts)
        self.metrics.images.set(self._facts.photos)
        self.metrics.captions.set(self._facts.captions)
        return self._facts

    def _current_facts(self, known: LibraryFacts | None) -> LibraryFacts:
        is_current = known is not None and known.generation == self.collection.catalog.generation
        return known if known is not None and is_current else self.collection.facts()
