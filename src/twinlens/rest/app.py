"""The ASGI application: ``create_app`` assembles it."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.responses import Response

from twinlens.api.filters import known_filters
from twinlens.api.library import Collection, open_for_serving
from twinlens.errors import TwinlensError
from twinlens.rest.calls import archive, browsing, duplicates, indexing, library, photos, places, reading, session
from twinlens.rest.calls.content_type import check_json
from twinlens.rest.calls.curating import albums, captions, favourites, ratings, tag_suggestions, tags, teaching
from twinlens.rest.calls.finding import explaining, searching, suggesting
from twinlens.rest.calls.methods import answer_method
from twinlens.rest.calls.sharing import shared, shares
from twinlens.rest.engine.duplicate_search import DuplicateSearch
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.following import Following
from twinlens.rest.engine.index_run import IndexRun
from twinlens.rest.engine.news import News
from twinlens.rest.engine.text_run import TextRun
from twinlens.rest.failures import RequestFailure, failure_of
from twinlens.rest.gate.audit import Audit
from twinlens.rest.gate.entrance import Entrance
from twinlens.rest.gate.envelope import Envelope
from twinlens.rest.gate.guard import Guard
from twinlens.rest.gate.head import Head
from twinlens.rest.gate.limits.body_limit import BodyLimit
from twinlens.rest.gate.target import Target
from twinlens.rest.metrics import Metrics
from twinlens.rest.openapi import describe
from twinlens.rest.page import add_page
from twinlens.rest.settings import Settings

logger = logging.getLogger(__name__)
MOST_FAULTS = 5
SMALL_BYTES = 1000  # fits into one packet anyway
GZIP_LEVEL = 5  # of JSON as small as 9 within a tenth, in a third of the time
PACKED_ALREADY = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "image/*", "application/octet-stream")
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}


def create_app(
    collection: Collection | str | os.PathLike[str] | None = None,
    *,
    settings: Settings | None = None,
    library: str = "",
    entrance: Entrance | None = None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """An ASGI application that serves one collection.

    ``uvicorn --factory twinlens.rest.app:create_app`` serves the nearest collection at or above the
    current folder, or that of ``TWINLENS_COLLECTION``; see ``Settings`` for the other variables.

    Args:
        collection: an open one (the server closes it), a photo folder, or a collection folder.
        settings: default: from the environment.
        library: its name among several that one server has.
        entrance: shared with them.
        metrics: of this library.

    Raises:
        CollectionNotFoundError: there is no collection.
        ConfigError: an environment variable has an invalid value.
    """
    settings = settings or Settings.from_environment()
    if not isinstance(collection, Collection):
        place = settings.collection if collection is None else os.fspath(collection)
        collection = open_for_serving(place, model=settings.model)
    app, metrics, entrance = calls(settings), metrics or Metrics(), entrance or Entrance.of(settings)
    engine = app.state.engine = Engine(collection, settings, metrics)
    app.state.index_run = IndexRun(engine)
    app.state.news = News(engine)
    app.state.text_run = TextRun(engine)
    app.state.duplicates = DuplicateSearch(engine)
    app.state.following = Following(engine, app.state.index_run) if settings.watch else None
    app.state.close_gate = entrance.requests.close if not library else None
    put_behind_gate(
        app, settings, entrance=entrance, metrics=metrics, library=library, is_stopping=engine.stopping.is_set
    )
    return app


def put_behind_gate(
    app: FastAPI,
    settings: Settings,
    *,
    entrance: Entrance,
    metrics: Metrics,
    library: str | None,
    is_stopping: Callable[[], bool],
) -> None:
    """Answers errors in one form, and lets nothing pass that may not ask; see ``Guard`` for the arguments."""
    app.state.library = library
    app.state.keys, app.state.sessions, app.state.wrong_keys = entrance.keys, entrance.sessions, entrance.wrong_keys
    # functions that SIGHUP runs; each raises TwinlensError to keep what it had
    app.state.on_reload = [entrance.keys.reload] if entrance.keys else []
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(TwinlensError, _answer_ours)
    app.add_middleware(  # the middleware added last is the outermost
        GZipMiddleware, minimum_size=SMALL_BYTES, compresslevel=GZIP_LEVEL, exclude_content_types=PACKED_ALREADY
    )
    app.add_middleware(Head)
    app.add_middleware(BodyLimit, max_bytes=int(settings.max_body_mb * 1e6))
    app.add_middleware(Guard, settings=settings, entrance=entrance, library=library)
    app.add_middleware(Audit, log=entrance.audit, library=library)
    app.add_middleware(Target, root_path=settings.root_path)
    app.add_middleware(
        Envelope,
        metrics=metrics,
        embeddable=bool(settings.cors_origins),
        is_stopping=is_stopping,
    )


def calls(settings: Settings) -> FastAPI:
    """The application with all routes and error handlers, but no collection."""
    app = FastAPI(
        title="twinlens", lifespan=served_while_open, openapi_url="/openapi.json", docs_url=None, redoc_url=None
    )
    add_page(app)  # first, for routes are tried in order, and most requests are for its files
    marks = (favourites, tags, tag_suggestions, ratings, albums, captions, teaching, shares)
    looking = (library, searching, explaining, photos, browsing, places, duplicates)
    for part in (*looking, *marks, archive, indexing, reading, session, suggesting, shared):
        app.include_router(part.router)
    describe(app, settings)
    return app


@asynccontextmanager
async def served_while_open(app: FastAPI) -> AsyncIterator[None]:
    """Starts an application's library, and stops it at the end."""
    engine: Engine = app.state.engine
    async with AsyncExitStack() as stack:  # the last one is stopped first, and one that fails keeps none from stopping
        if app.state.close_gate is not None:  # libraries of a server share theirs
            stack.push_async_callback(app.state.close_gate)
        stack.push_async_callback(engine.stop)
        engine.start()
        if engine.settings.workers > 1:  # workers share a socket: one that is not ready leaves requests to the others
            await engine.warmed()
        for run in (app.state.duplicates, app.state.text_run, app.state.index_run):
            stack.push_async_callback(run.stop)
        if app.state.following is not None:
            app.state.following.start()
            stack.push_async_callback(app.state.following.stop)
        stack.callback(engine.stop_streams)
        yield


async def _answer_http(request: Request, error: Exception) -> Response:
    """Turns Starlette's own errors into our JSON shape."""
    if isinstance(error, RequestFailure):
        return error.response()
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return answer_method(request)
    code = _CODES.get(error.status_code, "invalid_request")
    hints = {"not_found": "/docs lists the calls", "method_not_allowed": "/docs lists the calls"}
    return RequestFailure(code, str(error.detail), hints.get(code, ""), error.headers).response()


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Lists each invalid field of a body or query string, but never its value."""
    assert isinstance(error, RequestValidationError)
    if any(fault["loc"] == ("body",) and fault["type"] != "missing" for fault in error.errors()):
        try:
            check_json(request)
        except RequestFailure as failure:
            return failure.response()
    faults = [_fault_line(fault) for fault in error.errors()]
    shown = "; ".join(faults[:MOST_FAULTS]) + (
        f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    )
    return RequestFailure("invalid_request", shown, "/docs describes what the call accepts").response()


def _fault_line(fault: dict[str, Any]) -> str:
    """A field and what is wrong with it; for a filter's value an example rather than a regular expression."""
    place = ".".join(str(part) for part in fault["loc"][1:]) or "body"
    one = known_filters().get(str(fault["loc"][-1]))
    if fault["type"] == "string_pattern_mismatch" and one is not None:
        return f"{place}: must look like {one.example}"
    return f"{place}: {fault['msg']}"


async def _answer_ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TwinlensError)
    return failure_of(error).response()
