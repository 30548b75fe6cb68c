"""The engine behind all calls: the collection, its thread pools, and its state from warm-up to shutdown."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any, Literal, TypeVar

from twinlens.api.explanation import Explained, explain_photo
from twinlens.api.indexing import SinceIndex
from twinlens.api.library import Collection, LibraryFacts, PhotoFile, ReplicaState, Suggestion, warm_up
from twinlens.api.searching import (
    Guard,
    Limits,
    Page,
    Query,
    QueryVector,
    Region,
    Search,
    Term,
    embed_pixels,
    picture_pixels,
)
from twinlens.errors import (
    CatalogUnavailableError,
    CollectionMissingError,
    DecoderError,
    PhotoError,
    PhotosMissingError,
    StoreUnavailableError,
    TwinlensError,
)
from twinlens.protocols import DualEncoder
from twinlens.rest.engine.served import State
from twinlens.rest.engine.text_vectors import TextVectors
from twinlens.rest.engine.turns import Turns
from twinlens.rest.failures import RequestFailure
from twinlens.rest.metrics import Metrics
from twinlens.rest.settings import Settings
from twinlens.types import Embeddings, Pixels

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Stage = Literal["decode", "encode", "explain", "search", "upload", "write"]
Missing = Literal["collection", "photos", "vectors", "catalog"]
_MISSING: dict[type[TwinlensError], Missing] = {
    CollectionMissingError: "collection",
    PhotosMissingError: "photos",
    StoreUnavailableError: "vectors",
    CatalogUnavailableError: "catalog",
}
UPLOADS = min(2, os.cpu_count() or 1)  # decoded at once, each in a process
THREADS: dict[Stage, int] = {
    "decode": 2,  # thumbnails
    "encode": 1,  # a batch fills a core
    "explain": 1,  # takes seconds with a large model, while queries go on
    "search": 4,  # waits for SQLite as much as it computes
    "upload": UPLOADS,  # waits for the decoder processes
    "write": 1,  # waits for other writers of the catalog, such as an index run
}
MOST_WAITING = 1000  # per stage: more would wait longer than people do
NOTE_MEMORY_S = 5.0
MOST_EXAMPLES = 20
SINCE_INDEX_S = 30.0  # people open the library panel again and again; a look takes up to 0.1 s


class Engine:
    """Serves one collection in one process.

    No computation runs on the event loop: each stage has its own thread pool.

    Args:
        collection: opened; closed by ``stop``.
        settings: of the server.
        metrics: records timings and counts.
    """

    def __init__(self, collection: Collection, settings: Settings, metrics: Metrics) -> None:
        self.collection, self.settings, self.metrics = collection, settings, metrics
        self.state: State = "new"
        self.failure: Exception | None = None
        self.stopping = asyncio.Event()
        self.texts = TextVectors(self._encode_texts, metrics=metrics, together=settings.batch_queries)
        self.thumbnails = collection.thumbnails(max_bytes=int(settings.thumbnails_mb * 1e6))
        self._pools = {
            stage: ThreadPoolExecutor(threads, thread_name_prefix=stage) for stage, threads in THREADS.items()
        }
        self._waiting = dict.fromkeys(THREADS, 0)
        limits = Limits(
            cpu_s=settings.max_decode_s,
            wall_s=3 * settings.max_decode_s,
            memory_bytes=int(settings.max_decode_mb * 1e6),
            is_background=True,
        )
        self._upload_guard, self._upload_turns = Guard(limits, processes=UPLOADS), Turns(UPLOADS)
        self.region_turns = asyncio.Semaphore(UPLOADS)  # a library's file may be far larger than an upload
        self._explain_turns = Turns(THREADS["explain"], what="explanations and suggestions")
        self._facts: LibraryFacts | None = None
        self._examples: tuple[LibraryFacts, list[Suggestion]] | None = None
        self._told_missing = ""
        self.replica: ReplicaState | None = None  # as it was when the library was last counted
        self._since_index: SinceIndex | None = None
        self._since_index_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    # --- from start to stop -------------------------------------------------------------------

    def start(self) -> None:
        """Starts the warm-up; ``state`` tells when it is done."""
        self.state = "starting"
        self._tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._note_memory())]

    async def warmed(self) -> None:
        """Waits until the warm-up has succeeded or failed."""
        await asyncio.wait(self._tasks[:1])

    async def _warm_up(self) -> None:
        try:
            await self.run("encode", warm_up, self.collection)
            await self.facts()
            if len(self.collection):
                await self.run("search", self._first_search)
        except Exception as error:  # noqa: BLE001 — reported to whoever started the server
            self.failure, self.state = error, "failed"
            return
        self.state = "ready"

    def _first_search(self) -> None:
        words = "a photo"
        encoder = self.collection.encoder
        vector = QueryVector(encoder.encode_text([words])[0], encoder.fingerprint)
        self.collection.answer(Search(Query((Term("words", words),), words, vector), page=Page(k=1)))

    async def _note_memory(self) -> None:
        while True:
            self.metrics.note_memory()
            await asyncio.sleep(NOTE_MEMORY_S)

    def stop_streams(self) -> None:
        """Ends long-running streams; called when the server is asked to stop."""
        self.state = "stopping"
        self.stopping.set()

    async def stop(self) -> None:
        """Finishes running work, then closes the collection."""
        self.stop_streams()
        try:
            for task in self._tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            for pool in self._pools.values():
                await asyncio.to_thread(pool.shutdown)
            await asyncio.to_thread(self._upload_guard.close)
            await asyncio.to_thread(self.thumbnails.close)
        finally:
            self.collection.close()

    def check_ready(self) -> None:
        """Raises RequestFailure unless queries can be answered."""
        if self.state == "failed":
            logger.error("the library cannot be served: %s", self.failure)
            raise RequestFailure("library_unavailable", "the library cannot be served", "see the server's log")
        if self.state in ("new", "starting"):
            raise RequestFailure("starting", "the model is being loaded", "try again in a second", {"Retry-After": "1"})

    async def missing(self) -> Missing | None:
        """Which part of the library is not at its place now; None if all of it is there."""
        return await self.run("search", self._missing)

    def _missing(self) -> Missing | None:
        try:
            self.collection.check_present()
        except tuple(_MISSING) as error:
            self._note_missing(str(error))
            return _MISSING[type(error)]
        self._note_missing("")
        return None

    def _note_missing(self, what: str) -> None:
        """Logs what is missing once, and that it is back."""
        before, self._told_missing = self._told_missing, what
        if what and what != before:
            logger.warning("%s", what)
        elif before and not what:
            logger.warning("the library is complete again")

    def check_present(self) -> None:
        """Raises an error unless all folders of the library are there: before that, nothing may be changed."""
        self.collection.check_present()

    # --- work ---------------------------------------------------------------------------------

    async def run(self, stage: Stage, function: Callable[..., Result], *arguments: Any) -> Result:
        """Runs a function in a stage's thread pool, for who asks here.

        Raises:
            RequestFailure: too many calls are already waiting for this stage.
        """
        if self._waiting[stage] >= MOST_WAITING:
            raise RequestFailure(
                "too_busy", "too many requests are waiting already", "try again soon", {"Retry-After": "1"}
            )
        self._waiting[stage] += 1
        try:
            here = copy_context()  # who asks
            return await asyncio.get_running_loop().run_in_executor(
                self._pools[stage], here.run, self._timed, stage, function, arguments
            )
        finally:
            self._waiting[stage] -= 1

    def _timed(self, stage: Stage, function: Callable[..., Result], arguments: Sequence[Any]) -> Result:
        started = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.metrics.stages.labels(stage).observe(time.perf_counter() - started)

    async def text_vectors(self, words: Sequence[str]) -> list[QueryVector]:
        """Text embeddings, [D] each."""
        return await self.texts.vectors(words, fingerprint=self.collection.encoder.fingerprint)

    async def _encode_texts(self, texts: list[str]) -> tuple[str, Embeddings]:
        encoder = self.collection.encoder
        return encoder.fingerprint, await self.run("encode", encoder.encode_text, texts)

    async def warm_uploads(self) -> None:
        """Starts a decoder process, so that the first upload need not wait half a second for it."""
        try:
            await self.run("upload", self._prepared, b"nothing")
        except PhotoError:  # as it should
            return
        except DecoderError as error:
            logger.error("uploads cannot be decoded: %s", error)

    async def picture_vector(
        self, source: bytes | Path, *, region: Region | None = None, client: str = "local"
    ) -> tuple[Pixels, QueryVector]:
        """An uploaded picture as the model sees it [H, W, 3], and its vectors; it stays in memory.

        Args:
            source: content of the file; or the file of a video of the library.
            region: the part of it that is meant; None = all of it.
            client: clients get their turns in rotation.

        Raises:
            PhotoError: it cannot be read, or has no such region.
            RequestFailure: too many uploads are waiting.
        """
        async with self._upload_turns.turn(client):
            encoder, pixels = await self.run("upload", self._prepared, source, region)
        return pixels, await self.run("encode", embed_pixels, pixels, encoder)

    async def explained(self, file: PhotoFile, query: Query, score: float, *, client: str = "local") -> Explained:
        """Where in a photo a query matches.

        Args:
            file: a photo of the library.
            query: embedded.
            score: of the photo for the query.
            client: clients get their turns in rotation.

        Raises:
            PhotoError: the photo cannot be read.
            RequestFailure: too many such requests are waiting.
        """
        return await self.run_in_turn(client, self._explain, file, query, score)

    async def run_in_turn(self, client: str, function: Callable[..., Result], *arguments: Any) -> Result:
        """Runs what takes seconds, one at a time, when it is a client's turn.

        Raises:
            RequestFailure: too many such requests are waiting.
        """
        async with self._explain_turns.turn(client):
            return await self.run("explain", function, *arguments)

    def _explain(self, file: PhotoFile, query: Query, score: float) -> Explained:
        encoder, guard = self.collection.encoder, self._upload_guard
        return explain_photo(file.path, query, encoder, score=score, guard=guard)

    def _prepared(self, source: bytes | Path, region: Region | None = None) -> tuple[DualEncoder, Pixels]:
        """A picture, or a region of it, and the model that it was prepared for."""
        encoder, guard, most = self.collection.encoder, self._upload_guard, self.settings.max_megapixels
        return encoder, picture_pixels(source, encoder, max_megapixels=most, guard=guard, region=region)

    def generation(self) -> int:
        """Another number whenever the library has changed."""
        return self.collection.catalog.generation

    async def facts(self) -> LibraryFacts:
        """Facts about the library; counted again only when the catalog has changed."""
        self._facts = await self.run("search", self._current_facts, self._facts)
        self.metrics.images.set(self._facts.photos)
        self.metrics.captions.set(self._facts.captions)
        if self.replica is not None and self.replica.lag_s is not None:
            self.metrics.replica_lag.set(self.replica.lag_s)
        return self._facts

    async def suggestions(self, text: str, *, k: int) -> list[Suggestion]:
        """Queries that may be meant; the examples, which take many searches, are kept until the library changes."""
        facts = self._facts or await self.facts()
        if text.strip():
            return await self.run("search", lambda: self.collection.suggest(text, facts, k=k))
        facts = await self.facts()
        if self._examples is None or self._examples[0] is not facts:
            self._examples = (
                facts,
                await self.run("search", lambda: self.collection.suggest("", facts, k=MOST_EXAMPLES)),
            )
        return self._examples[1][:k]

    @property
    def model_name(self) -> str | None:
        """The model that answers queries; None before one is opened."""
        return self.collection.encoder.name

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed in the library."""
        return self.collection.catalog.read_only

    @property
    def known_photos(self) -> int:
        """Searchable photos when they were last counted."""
        return self._facts.photos if self._facts else 0

    async def since_index(self) -> SinceIndex | None:
        """What has changed in the photo folders since the last index run; looked for once in a while."""
        if time.monotonic() > self._since_index_until:
            self._since_index_until = time.monotonic() + SINCE_INDEX_S
            self._since_index = await self.run("search", self.collection.since_index)
        return self._since_index

    def forget_since_index(self) -> None:
        """Called after an index run."""
        self._since_index_until = 0.0

    def _current_facts(self, known: LibraryFacts | None) -> LibraryFacts:
        self.replica = self.collection.catalog.replica_state()
        return known if known is not None and self.collection.is_current(known) else self.collection.facts()
