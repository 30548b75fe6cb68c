"""API keys with names and scopes: programs send them in a header, the page exchanges them for a cookie."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from twinlens.api.photos.persons import SHARED
from twinlens.rest.gate.keys.scopes import SCOPES, KeyScope
from twinlens.rest.gate.limits.allowance import Allowance

COOKIE = "twinlens_session"
ONLY_KEY = "default"  # name of the key that is given by itself
SHELF_PATH = "shelf_path"  # in a request's state: the path above those of several libraries
REALM = 'Bearer realm="twinlens"'
_PORT = re.compile(r":(\d{1,5})$")


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without the key itself.

    Attributes:
        name: shown in the access log.
        digest: SHA-256 of the key.
        scopes: what it may be used for.
        libraries: of a server with several, those it may be used for; None = all.
        allowance: how many requests it may make; None = as all.
        has_own_favourites: whether who has it marks favourites that nobody else sees.
    """

    name: str
    digest: bytes = field(repr=False)
    scopes: frozenset[KeyScope] = frozenset(SCOPES)
    libraries: frozenset[str] | None = None
    allowance: Allowance | None = None
    has_own_favourites: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        key: str,
        scopes: Iterable[KeyScope] = SCOPES,
        libraries: Iterable[str] | None = None,
        allowance: Allowance | None = None,
        *,
        has_own_favourites: bool = False,
    ) -> "Key":
        """A key from the key itself."""
        named = None if libraries is None else frozenset(libraries)
        return cls(name, _digest(key), frozenset(scopes), named, allowance, has_own_favourites)

    def opens(self, library: str) -> bool:
        """Whether it may be used for a library; the only one of a server has the name ``""``."""
        return self.libraries is None or library in self.libraries

    @property
    def person(self) -> str:
        """Whose favourites it means; "" for those that all have in common."""
        return self.name if self.has_own_favourites else SHARED


class KeyRing:
    """The keys of a server at one time.

    Args:
        keys: with different names.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.name: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def renamed_since(self, earlier: "KeyRing") -> list[tuple[str, str]]:
        """Keys with favourites of their own that had another name before: that name and the new one."""
        names = {key.digest: key.name for key in earlier._keys.values() if key.has_own_favourites}
        own = [key for key in self._keys.values() if key.has_own_favourites]
        return [(names[key.digest], key.name) for key in own if names.get(key.digest, key.name) != key.name]

    def find(self, shown: str) -> Key | None:
        """The key that was shown, compared with all of them in constant time."""
        digest = _digest(shown)  # digests have equal length, so the timing does not reveal a key's length
        found = None
        for key in self._keys.values():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def named(self, name: str) -> Key | None:
        """The key with a name."""
        return self._keys.get(name)


def shown_key(headers: Mapping[str, str]) -> str | None:
    """The key in ``X-API-Key`` or ``Authorization: Bearer …``; None if neither is set."""
    if key := headers.get("x-api-key"):
        return key.strip()
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def shown_session(scope: Scope) -> str | None:
    """The token in our cookie."""
    return cookies_of(scope).get(cookie_name(scope))


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies of a request."""
    # parsed leniently, like browsers do: another program on this host may have set malformed cookies
    return cookie_parser(Headers(scope=scope).get("cookie", ""))


def cookie_name(scope: Scope) -> str:
    """The name of our cookie: browsers give it to every port of a host, and to every path below its own.

    >>> cookie_name({"server": ("127.0.0.1", 5000), "headers": []})
    'twinlens_session_5000'
    """
    server, root_path = scope.get("server"), _signed_in_at(scope)
    port = _PORT.search(Headers(scope=scope).get("host", ""))  # the one that the browser sees, if a proxy passes it on
    name = f"{COOKIE}_{port[1] if port else server[1] if server else 0}"
    return f"{name}_{hashlib.sha256(root_path.encode()).hexdigest()[:8]}" if root_path else name


def cookie_path(scope: Scope) -> str:
    """Where our cookie is sent to: this server's paths only."""
    return f"{_signed_in_at(scope)}/"


def _signed_in_at(scope: Scope) -> str:
    """The path below which one session holds: that of all libraries of a server."""
    path: str = scope.get("state", {}).get(SHELF_PATH, scope.get("root_path", ""))
    return path.rstrip("/")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
