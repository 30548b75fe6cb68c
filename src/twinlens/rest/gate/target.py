"""What a request asks for: an absolute address, or a path below the one that a proxy serves us at."""

import re
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.rest.settings import BY_PROXY, is_root_path

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(/[^?#]*)?", re.IGNORECASE)


class Target:
    """Reduces the ways to name a call to one: ``root_path`` and a path below it, as ASGI describes them.

    A proxy that serves us below a path may pass the path on or remove it; both are accepted.

    Args:
        app: the wrapped application.
        root_path: path that a proxy serves us at, such as ``/photos``; a trusted proxy may name another
            one in ``X-Forwarded-Prefix``.
    """

    def __init__(self, app: ASGIApp, *, root_path: str = "") -> None:
        self._app, self._root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _split_absolute(scope)
        root_path = _told_by_proxy(scope) or self._root_path
        if root_path and _go_below(scope, root_path) and scope["method"] in ("GET", "HEAD"):
            await with_slash(scope)(scope, receive, send)
            return

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [_without_origin(name, value) for name, value in message.get("headers", [])]
            await send(message)

        await self._app(scope, receive, wrapped)


def _split_absolute(scope: Scope) -> None:
    """``GET http://host/path``, as clients write to a proxy: its host replaces ``Host`` (RFC 9112, 3.2.2)."""
    match = _ABSOLUTE.fullmatch(scope.get("raw_path") or b"")
    if match is None:
        return
    scope["raw_path"] = match[2] or b"/"
    scope["path"] = unquote(scope["raw_path"].decode("ascii"))
    scope["headers"] = [(b"host", match[1]), *(one for one in scope["headers"] if one[0] != b"host")]


def _told_by_proxy(scope: Scope) -> str:
    """The path in ``X-Forwarded-Prefix``; empty if no trusted proxy sent a valid one."""
    if scope.get("state", {}).get(BY_PROXY) is not True:
        return ""
    told = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
    scope["headers"] = [one for one in scope["headers"] if one[0] != b"x-forwarded-prefix"]  # it is used now
    return told if is_root_path(told) else ""


def _go_below(scope: Scope, root_path: str) -> bool:
    """Sets ``root_path``, and puts it in front of the path unless it is there; True if the path is just that."""
    outer = scope.get("root_path", "")
    path = scope["path"].removeprefix(outer)
    scope["root_path"] = outer + root_path
    if not f"{path}/".startswith(f"{root_path}/"):
        path = root_path + path
    scope["path"] = outer + path
    return bool(path == root_path)


def with_slash(scope: Scope) -> Response:
    """Sends a browser from ``/photos`` to ``/photos/``, which the page's own addresses are relative to."""
    query = scope["query_string"].decode("latin-1")
    location = f"{scope['root_path']}/" + (f"?{query}" if query else "")
    return Response(status_code=308, headers={"Location": location})


def _without_origin(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A redirect to a path of ours; behind a proxy that ends TLS, our own scheme would be the wrong one."""
    if name.lower() != b"location":
        return name, value
    parts = urlsplit(value.decode("latin-1"))
    return name, parts._replace(scheme="", netloc="").geturl().encode("latin-1")
