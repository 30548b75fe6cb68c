"""Limits on the size of a request body and on the time it takes to arrive."""

import asyncio

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.rest.failures import RequestFailure

JSON_BYTES = 1_000_000  # a batch of 64 long queries has 300 KB
KEY_BYTES = 8_000  # a thousand characters, each as \u0000; read before the client is authenticated
KEY_PATH = "/api/session"
UPLOAD_PATHS = frozenset({"/api/search/image", "/api/search/captions"})
FIRST_S = 20.0  # grace period at the start of a body
SLOWEST_BYTES_A_S = 16_000  # a phone with poor reception; slower clients only block a connection


class BodyLimit:
    """Rejects a body that is too large or arrives too slowly.

    Args:
        app: the wrapped application.
        max_bytes: of an upload; other bodies may have one megabyte.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(get_route_path(scope), headers.get("content-type", ""))
        if "content-length" in headers and "transfer-encoding" in headers:
            await _two_lengths().response()(scope, receive, send)
            return
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            await _compressed().response()(scope, receive, send)
            return
        announced = headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            await _too_large(limit).response()(scope, receive, send)
            return
        received, complete = 0, False
        started = asyncio.get_running_loop().time()

        async def counted() -> Message:
            nonlocal received, complete
            if complete:  # only a disconnect can follow
                return await receive()
            deadline = started + FIRST_S + received / SLOWEST_BYTES_A_S
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise RequestFailure(
                    "slow_request",
                    "the request body arrived too slowly",
                    "send it again over a faster connection",
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
        f"the request body has more than {limit:,} bytes",
        "--max-body-mb sets the limit for uploads",
        {"Connection": "close"},
    )


def _two_lengths() -> RequestFailure:
    """Prevents request smuggling: a proxy may have used one length and we the other."""
    return RequestFailure(
        "invalid_request",
        "the request has both Content-Length and Transfer-Encoding",
        "leave out one of them",
        {"Connection": "close"},
    )


def _compressed() -> RequestFailure:
    """A compressed body could be of any size."""
    return RequestFailure(
        "unsupported_media_type",
        "the request body is compressed",
        "send it without Content-Encoding",
        {"Accept-Encoding": "identity", "Connection": "close"},
    )
