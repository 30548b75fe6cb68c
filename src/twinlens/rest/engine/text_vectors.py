"""Text embeddings of queries: concurrent ones are batched, recent ones are cached."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from twinlens.api.searching import QueryVector
from twinlens.rest.metrics import Metrics
from twinlens.types import Embeddings

BATCH = 64
REMEMBERED = 4096  # 2 KB each

Encode: TypeAlias = Callable[[list[str]], Awaitable[tuple[str, Embeddings]]]
"""Texts → the model's fingerprint and embeddings [B, D]; runs in a thread."""


class TextVectors:
    """Encodes texts in micro-batches.

    While a batch is being embedded, the next one fills up; a single query never waits for others.

    Args:
        encode: embeds a batch.
        metrics: records batch sizes and cache use.
        together: False embeds queries one at a time.
        remembered: size of the cache; the least recently used vectors are dropped.
    """

    def __init__(
        self, encode: Encode, *, metrics: Metrics, together: bool = True, remembered: int = REMEMBERED
    ) -> None:
        self._encode, self._metrics = encode, metrics
        self._batch = BATCH if together else 1
        self._remembered = remembered
        self._known: OrderedDict[str, QueryVector] = OrderedDict()
        self._fingerprint = ""
        self._waiting: OrderedDict[str, asyncio.Future[QueryVector]] = OrderedDict()
        self._embedding: dict[str, asyncio.Future[QueryVector]] = {}
        self._worker: asyncio.Task[None] | None = None

    async def vectors(self, texts: Sequence[str], *, fingerprint: str) -> list[QueryVector]:
        """The embedding [D] of each text, of an earlier or later model if the collection's changes meanwhile.

        Args:
            texts: texts to embed.
            fingerprint: of the current model; vectors of another model are dropped.
        """
        if fingerprint != self._fingerprint:
            self._known.clear()
            self._fingerprint = fingerprint
        return [await future for future in [self._vector(text) for text in texts]]

    def _vector(self, text: str) -> "asyncio.Future[QueryVector]":
        known = self._known.get(text)
        self._metrics.cache.labels("query_vectors", "miss" if known is None else "hit").inc()
        if known is not None:
            self._known.move_to_end(text)
            done: asyncio.Future[QueryVector] = asyncio.get_running_loop().create_future()
            done.set_result(known)
            return done
        if shared := self._embedding.get(text) or self._waiting.get(text):
            return asyncio.shield(shared)
        future: asyncio.Future[QueryVector] = asyncio.get_running_loop().create_future()
        self._waiting[text] = future
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return asyncio.shield(future)  # if one caller is cancelled, the others still need it

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._embed_batch()
        finally:
            self._worker = None

    async def _embed_batch(self) -> None:
        texts = [self._waiting.popitem(last=False) for _ in range(min(self._batch, len(self._waiting)))]
        batch = self._embedding = dict(texts)
        self._metrics.batch_size.observe(len(batch))
        try:
            fingerprint, vectors = await self._encode(list(batch))
        except Exception as error:  # noqa: BLE001 — passed on to all waiting callers
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # marks it as retrieved, in case nobody is waiting
        else:
            for (text, future), embedding in zip(batch.items(), vectors, strict=True):
                vector = QueryVector(embedding, fingerprint)
                future.set_result(vector)
                if fingerprint == self._fingerprint:
                    self._remember(text, vector)
        finally:
            self._embedding = {}

    def _remember(self, text: str, vector: QueryVector) -> None:
        self._known[text] = vector
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
