"""The audit log: who searched, opened or changed what, and when; one line of JSON for each call."""

import json
import logging
import math
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.errors import ConfigError
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.keys.scopes import READING_POSTS

logger = logging.getLogger(__name__)
Did = Literal["searched", "opened", "changed", "signed in", "signed out"]
MOST_BYTES = 1_100_000  # of a body that is kept: as much as one of JSON may have
GRID_PX = 512  # what is larger shows a photo for itself
COMPLAIN_EVERY_S = 60.0
_OPENED = ("/api/image/", "/api/photo/", "/api/explain", "/api/archive")
_SEARCHED = ("/api/search/", "/api/photos", "/api/albums/photos", "/api/duplicates")
_READING = frozenset({"GET", "HEAD"})
_WITH_KEYS = frozenset({"/api/session", "/api/shared"})  # their bodies are keys, which no log may have


class AuditLog:
    """A file that lines are added to; one that was moved away, as logrotate does, is created again.

    Args:
        file: created if missing, readable for its owner only; several processes may write to it.

    Raises:
        ConfigError: it cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._complained_at = file.expanduser(), -COMPLAIN_EVERY_S
        try:
            os.close(self._open())
        except OSError as error:
            raise ConfigError(f"the audit log {file} cannot be written: {error.strerror or error}") from error

    def add(self, line: dict[str, Any]) -> None:
        """Adds a line; where that fails, the request is answered all the same and the server's log says so."""
        data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            opened = self._open()
            try:
                os.write(opened, data)  # in one piece, so that lines of several workers do not mix
            finally:
                os.close(opened)
        except OSError as error:
            if time.monotonic() - self._complained_at >= COMPLAIN_EVERY_S:
                self._complained_at = time.monotonic()
                logger.error("the audit log %s cannot be written: %s", self._file, error.strerror or error)

    def _open(self) -> int:
        return os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


class Audit:
    """Notes each call that searches, opens a photo or changes something, once it is answered.

    Args:
        app: the wrapped application.
        log: where it is noted; None = nowhere.
        library: the name of the library, of several.
    """

    def __init__(self, app: ASGIApp, *, log: AuditLog | None, library: str | None) -> None:
        self._app, self._log, self._library = app, log, library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        did = None
        if scope["type"] == "http":
            did = did_in(scope["method"], get_route_path(scope), scope["query_string"].decode("latin-1"))
        if self._log is None or did is None:
            await self._app(scope, receive, send)
            return
        body, status = bytearray(), 0
        size = 0

        async def noted() -> Message:
            nonlocal size
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            body.extend(part[: max(0, MOST_BYTES - len(body))])
            return message

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, noted, answered)
        finally:
            self._log.add(self._line(scope, did, status or 499, bytes(body), size))

    def _line(self, scope: Scope, did: Did, status: int, body: bytes, size: int) -> dict[str, Any]:
        state = scope.get("state", {})
        key = state.get("key")
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "key": key.name if key is not None else None,
            "client": client_of(scope),
            **({"library": self._library} if self._library else {}),
            **({"favourites": "own"} if key is not None and key.has_own_favourites else {}),
            **({"link": state["share"]} if "share" in state else {}),
            "did": did,
            "call": f"{scope['method']} {get_route_path(scope)}",
            "what": None if get_route_path(scope) in _WITH_KEYS else _what(scope, body, size),
            "status": status,
            "request_id": state.get("request_id"),
        }


def did_in(method: str, path: str, query: str = "") -> Did | None:
    """What a call does; None for those that only look at lists, or show the small pictures of a grid.

    >>> did_in("POST", "/api/search/text"), did_in("GET", "/api/image/a"), did_in("GET", "/api/image/a/thumbnail")
    ('searched', 'opened', None)
    >>> did_in("POST", "/api/favourites"), did_in("GET", "/api/stats")
    ('changed', None)
    """
    if path == "/api/session":
        return {"POST": "signed in", "DELETE": "signed out"}.get(method)  # type: ignore[return-value]
    if path == "/api/shared" or (path.startswith("/api/shared/") and path.endswith("/original")):
        return "opened"  # by a link
    if path.startswith(_OPENED) or (path.startswith("/api/shared/") and path.endswith("/picture")):
        is_small = path.endswith(("/thumbnail", "/picture")) and _side(query) <= GRID_PX
        return None if is_small else "opened"
    if path.startswith(_SEARCHED) and (method in _READING or path.startswith(READING_POSTS)):
        return "searched"
    if not path.startswith("/api/") or method in _READING or method == "OPTIONS":
        return None
    return "changed"


def _what(scope: Scope, body: bytes, size: int) -> Any:
    """The fields of a call; of an upload or of a very long body only the size."""
    if not size:
        return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("multipart/") and size == len(body):
        try:
            return json.loads(body, parse_constant=str, parse_float=_finite)
        except (ValueError, RecursionError):
            pass  # refused with a reason; its size is all that can be said
    return {"bytes": size}


def _finite(number: str) -> float | str:
    """A number as JSON has it; what is too large for one as it was written."""
    return float(number) if math.isfinite(float(number)) else number


def _side(query: str) -> int:
    """The size of the picture that is asked for, in pixels."""
    asked = dict(parse_qsl(query)).get("size", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 0
