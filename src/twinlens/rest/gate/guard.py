"""Checks of host, origin, rate and API key, before the body is read; from then on it is known who asks."""

import re
from functools import partial

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinlens.api.photos.persons import SHARED, asked_by
from twinlens.counted import counted
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.callers import caller_of, client_of
from twinlens.rest.gate.entrance import Entrance
from twinlens.rest.gate.hosts import Hosts
from twinlens.rest.gate.keys.keys import ONLY_KEY, Key, shown_key, shown_session
from twinlens.rest.gate.keys.scopes import is_open, needed_scopes
from twinlens.rest.gate.keys.wrong_keys import CHALLENGE
from twinlens.rest.gate.limits.allowance import Allowance
from twinlens.rest.gate.limits.costs import CHARGE, cost_of_path
from twinlens.rest.settings import BY_PROXY, Settings, is_loopback

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^/:\[\]@]+)(:\d{1,5})?")
_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
_EXPOSED = "ETag, Content-Range, Accept-Ranges, Retry-After, X-Request-ID"


class Guard:
    """Passes a request on, or rejects it with the reason.

    Args:
        app: the wrapped application.
        settings: who may connect.
        entrance: keys, sessions and counts, which all libraries of a server share.
        library: the name of the one behind this guard, of several; None = the list of them.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, entrance: Entrance, library: str | None = "") -> None:
        self._app, self._settings, self._wrong_keys = app, settings, entrance.wrong_keys
        self._keys, self._sessions = entrance.keys, entrance.sessions
        self._hosts = Hosts(settings)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.cors_origins)
        self._requests, self._library = entrance.requests, library

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin is not None and self._may_read(origin, headers, scope)
        send = _with_cors(send, origin if allowed else None)
        try:
            self._check_host(headers, scope)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers and origin is not None:
                await _preflight(origin, allowed=allowed)(scope, receive, send)
                return
            session = self._session_key(scope)
            key = session or await self._header_key(headers, scope)
            scope.setdefault("state", {}).update(key=key, is_session=session is not None)
            await self._check_rate(headers, scope, key)
            self._check_origin(origin, allowed=allowed, method=scope["method"])
            await self._check_key(headers, scope, key)
        except RequestFailure as failure:
            await failure.response()(scope, receive, send)
            return
        with asked_by(SHARED if key is None or is_open(get_route_path(scope)) else key.person):
            await self._app(scope, receive, send)

    # --- host ---------------------------------------------------------------------------------

    def _check_host(self, headers: Headers, scope: Scope) -> None:
        """Rejects other host names: prevents DNS rebinding by pages of other sites."""
        if not self._hosts.know(headers.get("host", "")):
            raise RequestFailure(
                "host_not_allowed", "the server does not answer to the name in 'Host'", "allow it with --allowed-host"
            )
        if self._keys is None and not self._settings.insecure and not _is_at_home(scope):
            raise RequestFailure(
                "not_exposed",
                "this server only accepts requests from its own machine",
                "start it with --api-key KEY or --insecure",
            )

    # --- origin -------------------------------------------------------------------------------

    def _may_read(self, origin: str, headers: Headers, scope: Scope) -> bool:
        origin = origin.lower()
        if origin in self._origins or "*" in self._origins:
            return True
        match = _ORIGIN.fullmatch(origin)
        if match is None:  # also for "null"
            return False
        return is_loopback(match[1]) or origin == _origin_of(scope["scheme"], headers.get("host", "").lower())

    def _check_origin(self, origin: str | None, *, allowed: bool, method: str) -> None:
        """Rejects pages that may not read the answer: they may not cause side effects either."""
        if origin is not None and not allowed and method not in _SAFE_METHODS:
            raise _not_allowed(origin)

    # --- rate and key -------------------------------------------------------------------------

    def _session_key(self, scope: Scope) -> Key | None:
        """The key of the page's session."""
        token = shown_session(scope)
        if self._keys is None or self._sessions is None or token is None:
            return None
        return self._sessions.key_of(token, self._keys.current())

    async def _header_key(self, headers: Headers, scope: Scope) -> Key | None:
        """The key in a header; None if there is none, or a wrong one; a token that is refused counts as a wrong one."""
        shown = shown_key(headers)
        if self._keys is None or shown is None:
            return None
        try:
            return self._keys.find(shown)
        except RequestFailure as failure:
            if is_open(get_route_path(scope)):
                return None
            await self._wrong_keys.refuse(client_of(scope), failure)

    async def _check_rate(self, headers: Headers, scope: Scope, key: Key | None) -> None:
        """Limits requests; those with a key by themselves, so that others at the address cannot use them up."""
        client, own = client_of(scope), None if key is None else key.allowance
        if own is None and self._settings.spares_this_machine and is_loopback(client):
            return
        if self._keys is not None and key is None and self._shows_a_key(headers, scope):
            return  # limited as a wrong key
        allowance = own or self._requests.usual
        charge = partial(self._charge, caller_of(key, client), key=key, allowance=allowance)
        await charge(cost_of_path(get_route_path(scope)))
        scope.setdefault("state", {})[CHARGE] = charge

    async def _charge(self, caller: str, cost: float, *, key: Key | None, allowance: Allowance) -> None:
        refused = await self._requests.take(caller, cost, allowance)
        if refused is None:
            return
        who = "this client" if key is None or key.name == ONLY_KEY else f"the key {key.name!r}"
        most = allowance.per_minute if refused.of == "minute" else allowance.per_day
        limit = "--rate-limit" if key is None or key.allowance is None else f"requests_per_{refused.of} of the key"
        raise RequestFailure(
            "too_many_requests",
            f"more than {counted(most, 'request')} per {refused.of} came from {who}"
            + (", as this one counts" if cost > 1 else ""),
            f"wait {refused.wait_s} s{' until midnight, UTC' if refused.of == 'day' else ''}; the limit is {limit}",
            {"Retry-After": str(refused.wait_s)},
        )

    def _shows_a_key(self, headers: Headers, scope: Scope) -> bool:
        path = get_route_path(scope)
        if path == "/api/session":
            return scope["method"] == "POST" or shown_key(headers) is not None
        return shown_key(headers) is not None and not is_open(path)

    async def _check_key(self, headers: Headers, scope: Scope, key: Key | None) -> None:
        path = get_route_path(scope)
        if self._keys is None or is_open(path):
            return
        if key is None:
            if shown_key(headers) is not None:
                await self._wrong_keys.refuse(client_of(scope))
            hint = "send it in 'X-API-Key' or as a bearer token; the page exchanges it at POST /api/session"
            raise RequestFailure("missing_key", "this server requires an API key", hint, CHALLENGE)
        if self._library is not None and not key.opens(self._library):
            raise RequestFailure(
                "missing_scope",
                f"the key {key.name!r} is not for this library",
                "use another key, or name the library in the keys file",
            )
        needed = needed_scopes(scope["method"], path)
        if needed and not needed & key.scopes:
            raise RequestFailure(
                "missing_scope",
                f"the key {key.name!r} may not do this; its scopes: {', '.join(sorted(key.scopes)) or 'none'}",
                f"use a key with the scope {' or '.join(repr(one) for one in sorted(needed))}",
            )


def _origin_of(scheme: str, host: str) -> str:
    """As browsers write it: without the scheme's usual port, which some proxies put into ``Host``."""
    return f"{scheme}://{host.removesuffix(':443' if scheme == 'https' else ':80')}"


def _is_at_home(scope: Scope) -> bool:
    """True for requests from this machine or through a trusted proxy."""
    return not scope.get("client") or is_loopback(scope["client"][0]) or scope.get("state", {}).get(BY_PROXY) is True


def _not_allowed(origin: str) -> RequestFailure:
    return RequestFailure(
        "origin_not_allowed", f"pages of {origin[:100]} may not use this server", "allow them with --cors-origin"
    )


def _preflight(origin: str, *, allowed: bool) -> Response:
    if not allowed:
        return _not_allowed(origin).response()
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Range, X-API-Key, X-Request-ID",
        "Access-Control-Max-Age": "600",
    }
    return Response(status_code=204, headers=headers)


def _with_cors(send: Send, origin: str | None) -> Send:
    """Adds the CORS headers that let pages of the origin read the answer; None = no origin."""
    added = [(b"vary", b"Origin")]  # always, so that a cache keeps the answers of different origins apart
    if origin is not None:
        added += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", _EXPOSED.encode()),
        ]

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return wrapped
