"""A library that fails in a way that nobody foresaw: the server lives on, and it is looked for again."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from twinlens.api.library import Collection
from twinlens.rest.app import create_app
from twinlens.rest.engine import engine
from twinlens.rest.settings import Settings
from twinlens.rest.shelf import slot
from twinlens.rest.shelf.named import NamedLibrary
from twinlens.rest.shelf.slot import Slot

MOST_S = 60


class Opened:
    """As much of a collection as is asked before it is served."""

    def __init__(self) -> None:
        self.times_closed = 0

    def must_change(self) -> bool:
        return False

    def close(self) -> None:
        self.times_closed += 1


def served(collection: Collection) -> FastAPI:
    return create_app(collection, settings=Settings(watch=True), library="cabin")


def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the file\nhas a fault")


def tried(app_of: Callable[[Collection], Any]) -> Slot:
    """A slot that was started, was tried once and was stopped."""

    async def started_and_stopped() -> Slot:
        one = Slot(NamedLibrary("cabin", "/x"), model=None, app_of=app_of, away=fails, collection=None)
        async with asyncio.timeout(MOST_S):
            await one.start(until_tried=True)
            assert one.state == "away"
            await one.stop()
        return one

    return asyncio.run(started_and_stopped())


def check_told_once(caplog: pytest.LogCaptureFixture) -> None:
    (record,) = [one for one in caplog.records if one.name == slot.__name__]
    assert "'cabin' cannot be served now" in record.getMessage()
    assert record.getMessage().endswith(": RuntimeError: the file has a fault")
    assert (record.levelno, record.exc_info is None) == (logging.WARNING, False)


def test_a_library_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(slot, "open_named", fails)
    assert isinstance(tried(fails).failure, RuntimeError)
    check_told_once(caplog)


def test_what_was_opened_is_closed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    opened = Opened()
    monkeypatch.setattr(slot, "open_named", lambda *_, **__: opened)
    assert isinstance(tried(fails).failure, RuntimeError)
    assert opened.times_closed == 1
    check_told_once(caplog)


def test_a_library_whose_service_cannot_start_is_closed(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[Collection] = []
    close = Collection.close
    monkeypatch.setattr(Collection, "close", lambda self: (closed.append(self), close(self))[1])
    monkeypatch.setattr(slot, "open_named", lambda *_, **__: Collection.open(indexed))

    def app_of(collection: Collection) -> FastAPI:
        app = served(collection)
        monkeypatch.setattr(app.state.following, "start", fails)
        return app

    assert isinstance(tried(app_of).failure, RuntimeError)
    assert len(closed) == 1
    check_told_once(caplog)


def test_a_library_that_cannot_be_warmed_up_at_the_start_stays_failed(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "warm_up", fails)

    async def state_later() -> str:
        collection = Collection.open(indexed)
        one = Slot(NamedLibrary("cabin", "/x"), model=None, app_of=served, away=fails, collection=collection)
        async with asyncio.timeout(MOST_S):
            await one.start(until_tried=True)
            state = one.state
            await one.stop()
        return state

    assert asyncio.run(state_later()) == "failed"  # so the server does not start
