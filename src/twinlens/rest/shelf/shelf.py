"""The ASGI application of several libraries: ``create_shelf`` assembles it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from twinlens.api.library import Collection, open_for_serving
from twinlens.rest.app import create_app, put_behind_gate, served_while_open
from twinlens.rest.calls import session
from twinlens.rest.gate.entrance import Entrance
from twinlens.rest.gate.keys import SHELF_PATH
from twinlens.rest.gate.target import Target, with_slash
from twinlens.rest.metrics import Metrics
from twinlens.rest.page import add_files
from twinlens.rest.settings import Settings
from twinlens.rest.shelf import calls
from twinlens.rest.shelf.named import read_named
from twinlens.rest.shelf.together import Together


def create_shelf(settings: Settings | None = None, *, opened: Mapping[str, Collection] | None = None) -> "Shelf":
    """An ASGI application that serves each library below its name, and a list of them at ``/``.

    ``TWINLENS_LIBRARIES=home=/srv/home,work=/srv/work uvicorn --factory twinlens.rest.shelf.shelf:create_shelf``
    does so, too.

    Args:
        settings: names the libraries; default: from the environment.
        opened: collections by name that are open already; the server closes them.

    Raises:
        CollectionNotFoundError: there is no collection at a place.
        ConfigError: a name or another setting is not valid.
    """
    settings = settings or Settings.from_environment()
    entrance, metrics = Entrance.of(settings), Metrics(calls.FRONT)
    apps: dict[str, FastAPI] = {}
    for one in read_named(settings.libraries):
        collection = (opened or {}).get(one.name) or open_for_serving(one.place, model=settings.model)
        own = replace(settings, collection=one.place, libraries=(), root_path="")
        counted = Metrics(one.name, others=metrics)
        apps[one.name] = create_app(collection, settings=own, library=one.name, entrance=entrance, metrics=counted)
    front = _front(apps, settings, entrance=entrance, metrics=metrics)
    return Shelf(front, apps, root_path=settings.root_path)


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


def _front(apps: Mapping[str, FastAPI], settings: Settings, *, entrance: Entrance, metrics: Metrics) -> FastAPI:
    """The list of the libraries, their health and metrics, and the session that holds for all of them."""

    @asynccontextmanager
    async def while_open(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(served_while_open(app))
            yield

    front = FastAPI(title="twinlens", lifespan=while_open, openapi_url=None, docs_url=None, redoc_url=None)
    engines = {name: app.state.engine for name, app in apps.items()}
    front.state.engine, front.state.engines, front.state.metrics = (
        Together(list(engines.values()), settings),
        engines,
        metrics,
    )
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
