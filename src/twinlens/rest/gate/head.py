"""HEAD: what GET would answer, without its body."""

from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# files answer it themselves without being read, and a stream has no end
_NOT_OURS = ("/api/image/", "/static/", "/api/index/events")


class Head:
    """Answers HEAD with the calls for GET.

    Args:
        app: the calls.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or get_route_path(scope).startswith(_NOT_OURS):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"  # in the scope itself: the log and the metrics find there which call it was
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"
