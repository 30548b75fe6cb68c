"""How much a request may carry, and how long it may take to arrive."""

import asyncio

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.rest.failures import RequestFailure

JSON_BYTES = 1_000_000  # a batch of 64 long queries has 300 KB
KEY_BYTES = 8_000  # a thousand letters, each as \u0000; it is asked for before a caller has shown any key
KEY_PATH = "/api/session"
UPLOAD_PATHS = frozenset({"/api/search/image", "/api/search/captions"})
FIRST_S = 20.0  # for the start of a body
SLOWEST_BYTES_A_S = 16_000  # a phone far from its mast; slower ones hold a place for nothing


class BodyLimit:
    """Stops reading a body that is too large or too slow.

    Args:
        app: what reads the body.
        max_bytes: of an upload; other bodies have a megabyte.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(get_route_path(scope), headers.get("content-type", ""))
        if "content-length" in headers and "transfer-encoding" in headers:
            await _two_lengths().response()(scope, receive, send)
            return
        announced = headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            await _too_large(limit).response()(scope, receive, send)
            return
        received, complete = 0, False
        started = asyncio.get_running_loop().time()

        async def counted() -> Message:
            nonlocal received, complete
            if complete:  # what follows is only the news that the client went away
                return await receive()
            deadline = started + FIRST_S + received / SLOWEST_BYTES_A_S
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise RequestFailure(
                    "slow_request",
                    "the request's body came too slowly",
                    "send it again over a better line",
                    {"Connection": "close"},
                ) from error
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)

    def _limit(self, path: str, content_type: str) -> int:
        if path in UPLOAD_PATHS and content_type.startswith("multipart/"):
            return self._max_bytes
        return min(self._max_bytes, KEY_BYTES if path == KEY_PATH else JSON_BYTES)


def _too_large(limit: int) -> RequestFailure:
    return RequestFailure(
        "body_too_large",
        f"the request's body has more than {limit:,} bytes",
        "uploads may be larger than other requests: --max-body-mb sets their limit",
        {"Connection": "close"},
    )


def _two_lengths() -> RequestFailure:
    """A proxy may have read the one and we the other: what follows could be a request that nobody sent."""
    return RequestFailure(
        "invalid_request",
        "the request tells the length of its body in two ways",
        "leave out Content-Length or Transfer-Encoding",
        {"Connection": "close"},
    )
