"""Answers HEAD like GET, without the body."""

from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STREAMS = ("/api/index/events", "/api/index/texts/events")  # have no end, so no HEAD
_FILES = "/api/image/"  # file responses handle HEAD themselves


class Head:
    """Handles HEAD requests with the GET routes.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        is_ours = scope["type"] == "http" and scope["method"] == "HEAD" and has_head(scope)
        if not is_ours or get_route_path(scope).startswith(_FILES):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"  # changed in the scope itself, which the log and the metrics read
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"


def has_head(scope: Scope) -> bool:
    """True unless the path is that of a stream."""
    return get_route_path(scope) not in _STREAMS
