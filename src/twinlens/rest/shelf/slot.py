"""A library's slot on the shelf, which answers also while the library is away, and takes it in when it is back."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from twinlens.api.library import Collection
from twinlens.errors import TwinlensError
from twinlens.rest.app import served_while_open
from twinlens.rest.calls.library import health_of
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.served import State
from twinlens.rest.shelf.named import NamedLibrary
from twinlens.rest.shelf.opening import MAY_COME_BACK, open_named

logger = logging.getLogger(__name__)
LOOK_S = 5.0  # between attempts to open a library that is away
AWAY_HEALTH = {"status": "degraded", "model_loaded": False, "num_images": 0, "missing": "collection"}


class Slot:
    """One library of several, here or away.

    Args:
        named: its name and place.
        model: must be the library's.
        app_of: makes the application that serves it.
        away: answers while it cannot be served.
        collection: the library if it is open already; None = it is away.
    """

    def __init__(
        self,
        named: NamedLibrary,
        *,
        model: str | None,
        app_of: Callable[[Collection], FastAPI],
        away: ASGIApp,
        collection: Collection | None,
    ) -> None:
        self.named, self._model, self._app_of, self._away = named, model, app_of, away
        self._app = None if collection is None else app_of(collection)
        self._reason: Exception | None = None
        self._is_first, self._is_tried, self._stop = True, asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        await (self._away if self.engine is None or self._app is None else self._app)(scope, receive, send)

    @property
    def engine(self) -> Engine | None:
        """The library's engine; None while it is away."""
        if self._app is None:
            return None
        engine: Engine = self._app.state.engine
        return None if engine.state == "failed" and self._is_waited_for(engine.failure) else engine

    @property
    def state(self) -> State | Literal["away"]:
        """The engine's, or that there is none."""
        return "away" if self.engine is None else self.engine.state

    @property
    def failure(self) -> Exception | None:
        """Why the library is not served."""
        failure: Exception | None = None if self._app is None else self._app.state.engine.failure
        return failure or self._reason

    async def health(self) -> tuple[dict[str, Any], bool]:
        """The library's health, and whether its queries are answered."""
        return (AWAY_HEALTH, False) if self.engine is None else await health_of(self.engine)

    async def start(self, *, until_tried: bool) -> None:
        """Starts to serve the library, or to look for it.

        Args:
            until_tried: return only when the first attempt has succeeded or failed.
        """
        self._task = asyncio.create_task(self._keep())
        if until_tried:
            await self._is_tried.wait()

    async def stop(self) -> None:
        """Finishes running work, then closes the library."""
        self._stop.set()
        if self._task is not None:
            await self._task

    # --- as long as the server runs -----------------------------------------------------------

    async def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._opened)
                if self._app is not None:
                    await self._serve(self._app)
            except Exception as error:  # noqa: BLE001 — the other libraries are served
                self._tell(error)
            finally:
                self._app = None
                self._is_tried.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), LOOK_S)

    async def _serve(self, app: FastAPI) -> None:
        """Serves the library until the server stops, or until it is known that it cannot be served now."""
        engine: Engine = app.state.engine
        async with served_while_open(app):
            await engine.warmed()
            failure = engine.failure
            if failure is not None and self._is_waited_for(failure):
                self._tell(failure)
                self._app = None
                return
            if failure is None:  # else it keeps the server from starting
                if not self._is_first:
                    logger.warning("the library %r is back", self.named.name)
                self._reason, self._is_first = None, False
            self._is_tried.set()
            await self._stop.wait()

    def _opened(self) -> FastAPI | None:
        """The application of the library, which is opened; None if that is not possible now."""
        self._is_first = False
        try:
            collection = open_named(self.named, model=self._model)
        except Exception as error:  # noqa: BLE001 — whatever it is, the next attempt may succeed
            self._tell(error)
            return None
        try:
            if collection.must_change():
                collection.complete_change()
            return self._app_of(collection)
        except Exception as error:  # noqa: BLE001
            self._tell(error)
            collection.close()
            return None

    def _is_waited_for(self, failure: Exception | None) -> bool:
        """What waiting may mend; a server that has started also outlives what would have kept it from starting."""
        return isinstance(failure, MAY_COME_BACK) or not self._is_first

    def _tell(self, error: Exception) -> None:
        """Logs why the library is away, once for each reason."""
        is_known, self._reason = repr(error) == repr(self._reason), error
        if is_known:
            return
        is_expected = isinstance(error, (TwinlensError, OSError))
        said = " ".join((str(error) if is_expected else f"{type(error).__name__}: {error}").split())
        trace = None if is_expected else error
        if self._stop.is_set():
            logger.error(
                "the library %r failed while the server was stopping: %s", self.named.name, said, exc_info=trace
            )
        else:
            logger.warning(
                "the library %r cannot be served now, but is looked for: %s", self.named.name, said, exc_info=trace
            )
