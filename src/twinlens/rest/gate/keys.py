"""API keys: programs send them in a header, the page exchanges them for a cookie."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from starlette.requests import cookie_parser

COOKIE = "twinlens_session"
SESSION_S = 30 * 24 * 3600
REALM = 'Bearer realm="twinlens"'


class KeyRing:
    """Checks keys and session tokens in constant time.

    A session token is an expiry date signed with the key, so every worker can check it,
    and all tokens become invalid when the key changes.
    """

    def __init__(self, key: str) -> None:
        self._digest = hashlib.sha256(key.encode()).digest()

    def fits(self, shown: str) -> bool:
        """True if it is the key."""
        # digests have equal length, so the timing does not reveal the key's length
        return hmac.compare_digest(hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest(), self._digest)

    def new_session(self, *, now: float | None = None) -> str:
        """A token for the cookie, valid for thirty days."""
        expires = str(int((time.time() if now is None else now) + SESSION_S))
        return f"{expires}.{self._signature(expires)}"

    def fits_session(self, token: str, *, now: float | None = None) -> bool:
        """True for a token that was signed with this key and has not expired."""
        expires, _, signature = token.partition(".")
        if not hmac.compare_digest(self._signature(expires).encode(), signature.encode("utf-8", "surrogateescape")):
            return False
        return int(expires) > (time.time() if now is None else now)

    def _signature(self, expires: str) -> str:
        return hmac.new(self._digest, f"twinlens session {expires}".encode(), "sha256").hexdigest()


def shown_key(headers: Mapping[str, str]) -> str | None:
    """The key in ``X-API-Key`` or ``Authorization: Bearer …``; None if neither is set."""
    if key := headers.get("x-api-key"):
        return key.strip()
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def shown_session(headers: Mapping[str, str]) -> str | None:
    """The token in our cookie."""
    # parsed leniently, like browsers do: another program on this host may have set malformed cookies
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)
