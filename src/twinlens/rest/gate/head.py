"""Answers HEAD like GET, without the body."""

from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# file responses handle HEAD themselves, and a stream has no end
_NOT_OURS = ("/api/image/", "/static/", "/api/index/events")


class Head:
    """Handles HEAD requests with the GET routes.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or get_route_path(scope).startswith(_NOT_OURS):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"  # changed in the scope itself, which the log and the metrics read
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"
