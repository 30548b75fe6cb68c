"""The application in place of a library that is away: its page, who is signed in, and that the library is missing."""

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from twinlens.rest.calls import session
from twinlens.rest.failures import library_missing
from twinlens.rest.page import PAGES, TOP_FILES, add_files
from twinlens.rest.settings import Settings
from twinlens.rest.shelf.slot import AWAY_HEALTH

_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


class Away:
    """What the page's session asks of the engine of a library that is away.

    Args:
        settings: of the server.
    """

    read_only = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def calls_while_away(settings: Settings) -> FastAPI:
    """All paths of a library, none of which reaches it."""
    app = FastAPI(title="twinlens", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.engine = Away(settings)
    app.include_router(session.router)
    add_files(app, PAGES, TOP_FILES)

    @app.get("/health")
    async def health() -> Response:
        return JSONResponse(AWAY_HEALTH, status_code=503)

    @app.api_route("/{path:path}", methods=_METHODS)
    async def anything_else(path: str) -> Response:  # noqa: ARG001 — FastAPI passes it
        raise library_missing("the collection")

    return app
