"""Queries that come at one time are embedded together, and recent ones are remembered."""

import asyncio

import numpy as np
import pytest

from twinlens.rest.engine.text_vectors import TextVectors
from twinlens.rest.metrics import Metrics
from twinlens.types import Embeddings


class SlowModel:
    """Embeds a text as its length, and notes the batches; each takes until ``gate`` is open."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.batches: list[list[str]] = []
        self.fingerprint = fingerprint
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, texts: list[str]) -> tuple[str, Embeddings]:
        self.batches.append(texts)
        await self.gate.wait()
        if "bad" in texts:
            raise ValueError("no")
        return self.fingerprint, np.array([[len(text)] for text in texts], dtype=np.float32)


def made(model: SlowModel, **options: object) -> TextVectors:
    return TextVectors(model, metrics=Metrics(), **options)  # type: ignore[arg-type]


def test_what_comes_while_a_batch_is_embedded_makes_the_next_one() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model)
        model.gate.clear()
        first = asyncio.create_task(vectors.vectors(["a"], fingerprint="one"))
        while not model.batches:
            await asyncio.sleep(0)
        others = [asyncio.create_task(vectors.vectors(["b" * n], fingerprint="one")) for n in (2, 3, 4)]
        await asyncio.sleep(0.01)
        model.gate.set()
        assert [float(one[0].embedding[0]) for one in await asyncio.gather(first, *others)] == [1, 2, 3, 4]
        assert model.batches == [["a"], ["bb", "bbb", "bbbb"]]

    asyncio.run(run())


def test_one_text_is_embedded_once_however_many_ask() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model)
        await asyncio.gather(*[vectors.vectors(["dog", "cat", "dog"], fingerprint="one") for _ in range(5)])
        assert sorted(text for batch in model.batches for text in batch) == ["cat", "dog"]

    asyncio.run(run())


def test_without_batching_each_is_embedded_alone() -> None:
    async def run() -> None:
        model = SlowModel()
        await made(model, together=False).vectors(["a", "b"], fingerprint="one")
        assert model.batches == [["a"], ["b"]]

    asyncio.run(run())


def test_the_longest_unused_is_forgotten_first() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model, remembered=2)
        for text in ("a", "b", "a", "c", "a", "b"):
            await vectors.vectors([text], fingerprint="one")
        assert model.batches == [["a"], ["b"], ["c"], ["b"]]

    asyncio.run(run())


def test_vectors_of_another_model_are_forgotten() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model)
        await vectors.vectors(["a"], fingerprint="one")
        model.fingerprint = "two"
        await vectors.vectors(["a"], fingerprint="two")
        assert model.batches == [["a"], ["a"]]

    asyncio.run(run())


def test_a_vector_tells_its_model_also_to_one_who_came_after_the_model_changed() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model)
        model.gate.clear()
        before = asyncio.create_task(vectors.vectors(["a"], fingerprint="one"))
        while not model.batches:
            await asyncio.sleep(0)
        after = asyncio.create_task(vectors.vectors(["a"], fingerprint="two"))
        await asyncio.sleep(0)
        model.gate.set()
        assert [one[0].model for one in await asyncio.gather(before, after)] == ["one", "one"]
        model.fingerprint = "two"
        assert (await vectors.vectors(["a"], fingerprint="two"))[0].model == "two"

    asyncio.run(run())


def test_a_failure_reaches_those_who_wait_and_nobody_else() -> None:
    async def run() -> None:
        vectors = made(SlowModel())
        with pytest.raises(ValueError, match="no"):
            await vectors.vectors(["bad"], fingerprint="one")
        assert float((await vectors.vectors(["good"], fingerprint="one"))[0].embedding[0]) == 4

    asyncio.run(run())


def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    async def run() -> None:
        model = SlowModel()
        vectors = made(model)
        model.gate.clear()
        leaving = asyncio.create_task(vectors.vectors(["a"], fingerprint="one"))
        staying = asyncio.create_task(vectors.vectors(["a"], fingerprint="one"))
        await asyncio.sleep(0.01)
        leaving.cancel()
        model.gate.set()
        assert float((await staying)[0].embedding[0]) == 1

    asyncio.run(run())
