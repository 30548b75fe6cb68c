"""A run that a call started: how it ends, and what others are told of it."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.engine.drawn_engine import engine_of
from twinlens.api.indexing import IndexState
from twinlens.collection.catalog import database
from twinlens.errors import AlreadyIndexingError, CollectionBusyError
from twinlens.rest.engine import index_run
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.index_run import IndexRun

Check = Callable[[Engine, IndexRun], Coroutine[Any, Any, None]]


class GatedEncoder(ColourEncoder):
    """Embeds no photo before somebody does what it waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def encode_pixels(self, pixels: Any) -> Any:
        self.meanwhile()
        return super().encode_pixels(pixels)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in COLOURS:
        draw_photo(tmp_path / "photos" / f"{name}.png", name)
    return tmp_path / "photos"


def checked(photos: Path, check: Check, encoder: ColourEncoder | None = None) -> None:
    async def all_of_it() -> None:
        engine = engine_of(photos, encoder or ColourEncoder())
        run = IndexRun(engine)
        try:
            await check(engine, run)
        finally:
            await run.stop()
            await engine.stop()

    asyncio.run(all_of_it())


async def ended(run: IndexRun) -> IndexState:
    while run.state.stage == "running":
        await asyncio.sleep(0.01)
    return run.state


def test_a_run_tells_what_it_did_and_other_processes_read_the_same(photos: Path) -> None:
    async def check(engine: Engine, run: IndexRun) -> None:
        assert run.state == IndexState()
        draw_photo(photos / "new.png", "red", seed=9)
        (photos / "red.png").unlink()
        await run.start()
        state = await ended(run)
        assert (state.stage, state.found, state.to_read, state.done) == ("done", len(COLOURS), 1, 1)
        assert state.counts == {
            "added": 1,
            "updated": 0,
            "renamed": 0,
            "removed": 1,
            "unchanged": len(COLOURS) - 1,
            "images": len(COLOURS),
            "restored": 0,
            "kept": 0,
            "dropped": 0,
        }
        while engine.collection.index_state() != state:  # it is written a moment later
            await asyncio.sleep(0.01)

    checked(photos, check)


def test_one_runs_at_a_time_and_the_next_after_it(photos: Path) -> None:
    async def check(engine: Engine, run: IndexRun) -> None:
        other_process = FileLock(engine.collection.path / "index.lock")
        with other_process, pytest.raises(AlreadyIndexingError):
            await run.start()
        assert (run.state, engine.collection.index_state()) == (IndexState(), IndexState())
        await run.start()
        assert (await ended(run)).stage == "done"

    checked(photos, check)


def test_a_second_start_is_refused_while_the_first_runs(photos: Path) -> None:
    encoder = GatedEncoder()

    async def check(engine: Engine, run: IndexRun) -> None:
        loop, refused = asyncio.get_running_loop(), []

        async def start_again() -> None:
            try:
                await run.start()
            except CollectionBusyError as error:
                refused.append(error)

        encoder.meanwhile = lambda: asyncio.run_coroutine_threadsafe(start_again(), loop).result(timeout=20)
        draw_photo(photos / "new.png", "red", seed=9)
        await run.start()
        assert (await ended(run)).stage == "done"
        assert len(refused) == 1

    checked(photos, check, encoder)


def test_a_stop_of_the_server_ends_a_run_and_keeps_what_was_done(photos: Path) -> None:
    encoder = GatedEncoder()

    async def check(engine: Engine, run: IndexRun) -> None:
        encoder.meanwhile = engine.stopping.set
        draw_photo(photos / "new.png", "red", seed=9)
        await run.start()
        assert (await ended(run)).stage == "stopped"
        assert len(engine.collection) == len(COLOURS) + 1  # its batch was committed before anybody looked

    checked(photos, check, encoder)


def test_a_run_that_fails_says_why_without_saying_where(photos: Path) -> None:
    async def check(engine: Engine, run: IndexRun) -> None:
        for photo in photos.glob("*.png"):
            photo.unlink()
        await run.start()
        state = await ended(run)
        assert state.stage == "failed"
        assert state.message
        assert str(photos.parent) not in state.message
        assert len(engine.collection) == len(COLOURS)  # an unmounted disk is no reason to forget them

    checked(photos, check)


def test_a_fault_of_ours_ends_a_run_as_failed(photos: Path) -> None:
    encoder = GatedEncoder()

    def fail() -> None:
        raise RuntimeError(f"secret of {photos}")

    async def check(_engine: Engine, run: IndexRun) -> None:
        encoder.meanwhile = fail
        draw_photo(photos / "new.png", "red", seed=9)
        await run.start()
        state = await ended(run)
        assert (state.stage, "secret" in (state.message or "")) == ("failed", False)

    checked(photos, check, encoder)


def test_a_run_tells_of_an_emptied_folder_and_removes_nothing_there(photos: Path) -> None:
    async def check(engine: Engine, run: IndexRun) -> None:
        await run.start()
        await ended(run)
        (photos / "sub" / "more.png").unlink()
        await run.start()
        state = await ended(run)
        kept = {"path": "sub", "photos": 1, "reason": "contains no photos now"}
        assert (state.stage, state.counts["removed"], state.kept_folders) == ("done", 0, [kept])
        assert engine.collection.index_state().kept_folders == [kept]

    draw_photo(photos / "sub" / "more.png", "red", seed=5)
    checked(photos, check)


def test_a_run_that_meets_a_locked_catalog_fails_with_the_reason_and_tells_it_later(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_run, "TOLD_AGAIN_S", 0.05)

    async def check(engine: Engine, run: IndexRun) -> None:
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.2)
        draw_photo(photos / "new.png", "red", seed=9)
        with closing(sqlite3.connect(engine.collection.path / "catalog.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await run.start()
            state = await ended(run)
            assert state.stage == "failed"
            assert "locked" in (state.message or "")
            assert await run.current() == state
            other.execute("ROLLBACK")
        while engine.collection.index_state() != state:
            await asyncio.sleep(0.01)
        await run.start()
        assert (await ended(run)).stage == "done"
        assert len(engine.collection) == len(COLOURS) + 1

    checked(photos, check)


def test_a_refusal_that_comes_late_ends_the_run(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_run, "REFUSED_WITHIN_S", 0.0)

    async def check(engine: Engine, run: IndexRun) -> None:
        with FileLock(engine.collection.path / "index.lock"):
            await run.start()
            state = await ended(run)
        assert (state.stage, state.message) == ("failed", "the library is already being indexed")
        assert engine.collection.index_state() == IndexState()  # the state there is the other run's

    checked(photos, check)


def test_a_stop_does_not_wait_for_a_locked_catalog_for_ever(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(engine: Engine, run: IndexRun) -> None:
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
        draw_photo(photos / "new.png", "red", seed=9)
        with closing(sqlite3.connect(engine.collection.path / "catalog.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await run.start()
            assert (await ended(run)).stage == "failed"
            await run.stop()

    checked(photos, check)
