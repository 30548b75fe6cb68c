"""Embeddings of queries: those that come at one time are made together, recent ones are remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from twinlens.rest.metrics import Metrics
from twinlens.types import Embeddings

BATCH = 64
REMEMBERED = 4096  # 2 KB each

Encode: TypeAlias = Callable[[list[str]], Awaitable[tuple[str, Embeddings]]]
"""Texts → the model's fingerprint and [B, D]; made in a thread."""


class TextVectors:
    """Micro-batches texts into the encoder.

    While one batch is being embedded the next one gathers, so a lone query never waits for others.

    Args:
        encode: embeds a batch.
        metrics: told of batches and of the cache.
        together: False embeds each query alone, one after the other.
        remembered: vectors that are kept; of more, the longest unused go.
    """

    def __init__(
        self, encode: Encode, *, metrics: Metrics, together: bool = True, remembered: int = REMEMBERED
    ) -> None:
        self._encode, self._metrics = encode, metrics
        self._batch = BATCH if together else 1
        self._remembered = remembered
        self._known: OrderedDict[str, Embeddings] = OrderedDict()
        self._fingerprint = ""
        self._waiting: OrderedDict[str, asyncio.Future[Embeddings]] = OrderedDict()
        self._embedding: dict[str, asyncio.Future[Embeddings]] = {}
        self._worker: asyncio.Task[None] | None = None

    async def vectors(self, texts: Sequence[str], *, fingerprint: str) -> list[Embeddings]:
        """[D] for each text.

        Args:
            texts: words.
            fingerprint: the model's now; vectors of another are forgotten.
        """
        if fingerprint != self._fingerprint:
            self._known.clear()
            self._fingerprint = fingerprint
        return [await future for future in [self._vector(text) for text in texts]]

    def _vector(self, text: str) -> "asyncio.Future[Embeddings]":
        known = self._known.get(text)
        self._metrics.cache.labels("query_vectors", "miss" if known is None else "hit").inc()
        if known is not None:
            self._known.move_to_end(text)
            done: asyncio.Future[Embeddings] = asyncio.get_running_loop().create_future()
            done.set_result(known)
            return done
        if shared := self._embedding.get(text) or self._waiting.get(text):
            return asyncio.shield(shared)
        future: asyncio.Future[Embeddings] = asyncio.get_running_loop().create_future()
        self._waiting[text] = future
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return asyncio.shield(future)  # one that asks may go away, the others still want it

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
        except Exception as error:  # noqa: BLE001 — whoever waits is told
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # it may be that nobody waits any more
        else:
            for (text, future), vector in zip(batch.items(), vectors, strict=True):
                future.set_result(vector)
                if fingerprint == self._fingerprint:
                    self._remember(text, vector)
        finally:
            self._embedding = {}

    def _remember(self, text: str, vector: Embeddings) -> None:
        self._known[text] = vector
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
