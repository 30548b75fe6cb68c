"""The ASGI application of several libraries: ``create_shelf`` assembles it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from twinlens.api.library import Collection
from twinlens.rest.app import create_app, put_behind_gate
from twinlens.rest.calls import session
from twinlens.rest.gate.entrance import Entrance
from twinlens.rest.gate.keys.keys import SHELF_PATH
from twinlens.rest.gate.target import Target, with_slash
from twinlens.rest.metrics import Metrics
from twinlens.rest.page import add_files
from twinlens.rest.settings import Settings
from twinlens.rest.shelf import calls
from twinlens.rest.shelf.away import calls_while_away
from twinlens.rest.shelf.named import NamedLibrary, read_named
from twinlens.rest.shelf.opening import open_libraries
from twinlens.rest.shelf.slot import Slot
from twinlens.rest.shelf.together import Together


def create_shelf(settings: Settings | None = None, *, opened: Mapping[str, Collection] | None = None) -> "Shelf":
    """An ASGI application that serves each library below its name, and a list of them at ``/``.

    ``TWINLENS_LIBRARIES=home=/srv/home,work=/srv/work uvicorn --factory twinlens.rest.shelf.shelf:create_shelf``
    does so, too.

    A library that is not at its place, as when its disk is not mounted, says so until it is; the others are served.

    Args:
        settings: names the libraries; default: from the environment.
        opened: collections by name that are open already, of those that can be opened; the server closes them.

    Raises:
        CollectionNotFoundError: there is no collection at any of the places.
        ConfigError: a name or another setting is not valid.
    """
    settings = settings or Settings.from_environment()
    named = read_named(settings.libraries)
    entrance, metrics = Entrance.of(settings), Metrics(calls.FRONT)
    here = open_libraries(named, model=settings.model) if opened is None else opened
    slots = {one.name: _slot(one, here.get(one.name), settings, entrance, metrics) for one in named}
    front = _front(slots, settings, entrance=entrance, metrics=metrics)
    return Shelf(front, slots, root_path=settings.root_path)


def _slot(
    one: NamedLibrary, collection: Collection | None, settings: Settings, entrance: Entrance, metrics: Metrics
) -> Slot:
    """One library, with what all of them share."""
    own = replace(settings, collection=one.place, libraries=(), root_path="")
    counted = Metrics(one.name, others=metrics)
    away = calls_while_away(own)
    put_behind_gate(away, own, entrance=entrance, metrics=counted, library=one.name, is_stopping=lambda: False)

    def app_of(collection: Collection) -> FastAPI:
        return create_app(collection, settings=own, library=one.name, entrance=entrance, metrics=counted)

    return Slot(one, model=settings.model, app_of=app_of, away=away, collection=collection)


class Shelf:
    """Passes a request on to the library that its path names, or to the list of them.

    Args:
        front: answers what is not below a library's name.
        libraries: applications by name.
        root_path: path that a proxy serves the server at.
    """

    def __init__(self, front: FastAPI, libraries: Mapping[str, ASGIApp], *, root_path: str) -> None:
        self._front, self._libraries, self.state = front, libraries, front.state
        self._placed = Target(self._pass_on, root_path=root_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request, or the server's start and stop."""
        if scope["type"] == "http":
            await self._placed(scope, receive, send)
        else:
            await self._front(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, shelf = get_route_path(scope), scope.get("root_path", "")
        name = path.removeprefix("/").partition("/")[0]
        library = self._libraries.get(name)
        scope["state"] = {**scope.get("state", {}), SHELF_PATH: shelf}
        if library is None:
            await self._front(scope, receive, send)
            return
        scope["root_path"] = f"{shelf}/{name}"
        if path == f"/{name}" and scope["method"] in ("GET", "HEAD"):
            await with_slash(scope)(scope, receive, send)
            return
        await library(scope, receive, send)


def _front(slots: Mapping[str, Slot], settings: Settings, *, entrance: Entrance, metrics: Metrics) -> FastAPI:
    """The list of the libraries, their health and metrics, and the session that holds for all of them."""

    @asynccontextmanager
    async def while_open(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(entrance.requests.close)
            for slot in slots.values():
                stack.push_async_callback(slot.stop)
                # workers share a socket: one that is not ready leaves requests to the others
                await slot.start(until_tried=settings.workers > 1)
            yield

    front = FastAPI(title="twinlens", lifespan=while_open, openapi_url=None, docs_url=None, redoc_url=None)
    front.state.engine = Together(list(slots.values()), settings)
    front.state.slots, front.state.metrics = slots, metrics
    front.include_router(calls.router)
    front.include_router(session.router)
    add_files(front, {"/": "libraries.html"}, {"/robots.txt": "text/plain"})
    put_behind_gate(
        front,
        settings,
        entrance=entrance,
        metrics=metrics,
        library=None,
        is_stopping=lambda: front.state.engine.state == "stopping",
    )
    return front
