"""API keys: shown in a header by programs, exchanged for a cookie by the page."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from starlette.requests import cookie_parser

COOKIE = "twinlens_session"
SESSION_S = 30 * 24 * 3600
REALM = 'Bearer realm="twinlens"'


class KeyRing:
    """Checks what callers show, in constant time.

    A session is a date signed with the key, so that every worker knows it, and
    none is good any longer once the key is changed.
    """

    def __init__(self, key: str) -> None:
        self._digest = hashlib.sha256(key.encode()).digest()

    def fits(self, shown: str) -> bool:
        """True for the key."""
        # digests are of one length, so that not even the key's length shows in the time
        return hmac.compare_digest(hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest(), self._digest)

    def new_session(self, *, now: float | None = None) -> str:
        """A token for the cookie, good for thirty days."""
        expires = str(int((time.time() if now is None else now) + SESSION_S))
        return f"{expires}.{self._signature(expires)}"

    def fits_session(self, token: str, *, now: float | None = None) -> bool:
        """True for a token that this key signed and that is not too old."""
        expires, _, signature = token.partition(".")
        if not hmac.compare_digest(self._signature(expires).encode(), signature.encode("utf-8", "surrogateescape")):
            return False
        return int(expires) > (time.time() if now is None else now)

    def _signature(self, expires: str) -> str:
        return hmac.new(self._digest, f"twinlens session {expires}".encode(), "sha256").hexdigest()


def shown_key(headers: Mapping[str, str]) -> str | None:
    """The key in ``X-API-Key`` or ``Authorization: Bearer …``; None where there is none."""
    if key := headers.get("x-api-key"):
        return key.strip()
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def shown_session(headers: Mapping[str, str]) -> str | None:
    """The token in our cookie."""
    # as browsers read them: another program of this host may have set cookies that no standard allows
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)
