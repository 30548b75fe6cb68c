"""Outermost layer of every answer: request id, security headers, access log, and internal errors."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.rest.failures import RequestFailure
from twinlens.rest.metrics import Metrics

access = logging.getLogger("twinlens.access")
logger = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
PHOTO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # for a photo opened in its own tab


class Envelope:
    """Wraps the whole application.

    Args:
        app: the wrapped application.
        metrics: records each answer.
        embeddable: whether pages of other sites may show our photos.
        is_stopping: if true, clients are asked to close their connections.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, embeddable: bool, is_stopping: Callable[[], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._is_stopping = is_stopping
        self._resources = "cross-origin" if embeddable else "same-site"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started, status = _request_id(scope), time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            await self._app(scope, receive, wrapped)
        except Exception:
            logger.exception("request %s failed", request_id)
            if status:  # part of the answer is sent: only closing the connection shows that it is incomplete
                raise
            hint = f"see {request_id} in the server's log"
            await RequestFailure("internal_error", "the server failed to answer this request", hint).response()(
                scope, receive, wrapped
            )
        finally:
            seconds = time.perf_counter() - started
            self._metrics.answered(scope, status or 499, seconds)  # 499: the client disconnected first
            path = scope.get("raw_path", b"").decode("ascii", "replace")  # still encoded, to prevent log injection
            client = scope["client"][0] if scope.get("client") else "-"
            key = scope["state"].get("key")
            access.info(
                "%s %s %s %d %.1f ms %s %s",
                client,
                scope["method"],
                path,
                status,
                seconds * 1000,
                request_id,
                key.name if key is not None else "-",
            )

    def _add_headers(self, headers: MutableHeaders, request_id: str) -> None:
        headers["X-Request-ID"] = request_id
        if self._is_stopping():
            headers["Connection"] = "close"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Robots-Tag"] = "noindex, nofollow"
        headers["Cross-Origin-Resource-Policy"] = self._resources
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cache-Control", "no-store")


def _request_id(scope: Scope) -> str:
    """The client's own id if it is harmless, else a new one."""
    shown = Headers(scope=scope).get("x-request-id", "")
    return shown if _ID.fullmatch(shown) else uuid.uuid4().hex
