"""The engine: from warm-up to stop, threads of its own for each stage, counts that are kept."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.engine.drawn_engine import engine_of, png
from twinlens.api.library import photo_file
from twinlens.errors import BundleError, PhotoError, TwinlensError
from twinlens.rest.engine.engine import MOST_WAITING, Engine
from twinlens.rest.failures import RequestFailure


class DamagedEncoder(ColourEncoder):
    """A model with a file that is not whole."""

    def verify(self) -> None:
        raise BundleError("text.onnx is damaged")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in COLOURS:
        draw_photo(tmp_path / "photos" / f"{name}.png", name)
    return tmp_path / "photos"


@pytest.fixture
def run(photos: Path) -> Callable[..., None]:
    """Runs a check with an engine that is warm, and stops that."""

    def running(check: Callable[[Engine], Coroutine[Any, Any, None]], encoder: ColourEncoder | None = None) -> None:
        async def all_of_it() -> None:
            engine = engine_of(photos, encoder or ColourEncoder())
            engine.start()
            await engine.warmed()
            try:
                await check(engine)
            finally:
                await engine.stop()

        asyncio.run(all_of_it())

    return running


def failure(engine: Engine) -> str | None:
    try:
        engine.check_ready()
    except RequestFailure as error:
        return error.code
    return None


def test_it_is_ready_when_the_first_search_was_made(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        assert (engine.state, engine.failure, failure(engine)) == ("ready", None, None)
        assert 'twinlens_stage_seconds_count{stage="search"} 2.0' in engine.metrics.text().decode()  # and the count
        engine.stop_streams()
        assert (engine.state, failure(engine)) == ("stopping", None)  # what is on its way is answered

    run(check)


def test_before_that_callers_are_asked_to_wait(photos: Path) -> None:
    async def check() -> None:
        engine = engine_of(photos, ColourEncoder())
        assert (engine.state, failure(engine)) == ("new", "starting")
        await engine.stop()

    asyncio.run(check())


def test_a_model_that_cannot_be_used_is_what_the_starter_is_told(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        assert (engine.state, failure(engine)) == ("failed", "library_unavailable")
        assert isinstance(engine.failure, BundleError)
        assert "--model" in str(engine.failure)

    run(check, DamagedEncoder())


def test_words_and_pictures_are_embedded_as_the_model_does(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        words = ["red", "green", "red"]
        vectors = await engine.text_vectors(words)
        np.testing.assert_array_equal(np.stack(vectors), ColourEncoder().encode_text(words))
        picture = await engine.picture_vector(png(COLOURS["blue"]))
        np.testing.assert_allclose(picture.embedding, ColourEncoder().encode_text(["blue"])[0], atol=1e-6)
        with pytest.raises(PhotoError):
            await engine.picture_vector(b"no picture")

    run(check)


def test_a_picture_above_the_limit_is_refused(photos: Path) -> None:
    async def check() -> None:
        engine = engine_of(photos, ColourEncoder(), max_megapixels=0.01)
        await engine.picture_vector(png(COLOURS["red"], (100, 100)))
        with pytest.raises(PhotoError, match="megapixels"):
            await engine.picture_vector(png(COLOURS["red"], (101, 100)))
        await engine.stop()

    asyncio.run(check())


def test_what_the_library_holds_is_counted_again_only_when_it_has_changed(
    run: Callable[..., None], photos: Path
) -> None:
    async def check(engine: Engine) -> None:
        first = await engine.facts()
        assert (first.photos, await engine.facts() is first) == (len(COLOURS), True)
        draw_photo(photos / "more.png", "red", seed=9)
        await asyncio.to_thread(engine.collection.index)
        assert (await engine.facts()).photos == len(COLOURS) + 1
        assert f"twinlens_images {len(COLOURS) + 1}.0" in engine.metrics.text().decode()

    run(check)


def test_a_stage_that_is_full_refuses_more_and_holds_up_no_other(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        gate = threading.Event()
        waiting = [asyncio.create_task(engine.run("write", gate.wait)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        try:
            with pytest.raises(RequestFailure) as refused:
                await engine.run("write", gate.wait)
            assert (refused.value.code, refused.value.headers) == ("too_busy", {"Retry-After": "1"})
            assert await engine.run("search", lambda: "found") == "found"
        finally:
            gate.set()
        assert all(await asyncio.gather(*waiting))
        assert await engine.run("write", lambda: "room again") == "room again"

    run(check)


def test_a_fault_in_a_thread_reaches_who_asked_and_gives_its_place_back(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        for _ in range(MOST_WAITING + 1):
            with pytest.raises(ZeroDivisionError):
                await engine.run("search", lambda: 1 / 0)

    run(check)


def test_uploads_that_hang_hold_up_no_thumbnail_and_no_search(run: Callable[..., None], photos: Path) -> None:
    async def check(engine: Engine) -> None:
        guard = engine._upload_guard
        hanging = [asyncio.create_task(engine.run("upload", guard.run, time.sleep, 600)) for _ in range(20)]
        await asyncio.sleep(0)
        file = photo_file(engine.collection.photo("red.png"))
        picture, kept = await engine.run("decode", lambda: engine.thumbnails.thumbnail(file, side=32))
        assert (picture[:3], kept) == (b"\xff\xd8\xff", False)
        assert await engine.run("search", lambda: "found") == "found"
        guard.close()
        outcomes = await asyncio.gather(*hanging, return_exceptions=True)
        assert all(isinstance(outcome, TwinlensError) for outcome in outcomes)

    run(check)


def test_the_decoder_of_uploads_is_warm_before_the_first(run: Callable[..., None]) -> None:
    async def check(engine: Engine) -> None:
        await engine.warm_uploads()
        assert len(engine._upload_guard._free) == 1

    run(check)
