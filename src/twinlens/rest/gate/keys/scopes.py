"""Scopes of keys: what each call needs, and what a key may do."""

from typing import Literal, TypeAlias

KeyScope: TypeAlias = Literal["search", "curate", "index"]
"""Search and look; change favourites and whatever else people mark; start indexing."""
SCOPES: tuple[KeyScope, ...] = ("search", "curate", "index")
# the page itself contains no photos; the API requires the key
_OPEN_PATHS = frozenset(
    (
        *("/", "/share", "/health", "/readyz", "/openapi.json", "/docs", "/api/session", "/api/shared"),
        *("/manifest.webmanifest", "/service-worker.js", "/robots.txt"),
    )
)
_OPEN_FOLDERS = ("/static/", "/api/shared/")  # the calls of the second check the key of a share
_SHARES = "/api/shares"  # lets in others, so it needs more than to look
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
READING_POSTS = ("/api/search/", "/api/photos", "/api/archive", "/api/explain")  # their bodies are questions


def is_open(path: str) -> bool:
    """True for paths that need no key; an allow list, so that new calls need one by default."""
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)


def needed_scopes(method: str, path: str) -> frozenset[KeyScope]:
    """The scopes of which a key needs one; empty if every key will do.

    What is not known to only read needs "curate", so that new calls are safe by default.

    >>> sorted(needed_scopes("POST", "/api/search/text")), sorted(needed_scopes("POST", "/api/favourites"))
    (['search'], ['curate'])
    """
    if path == "/metrics":  # numbers only
        return frozenset()
    if path == "/api/index" or path.startswith("/api/index/"):
        return frozenset({"search", "index"}) if method in _READING else frozenset({"index"})
    if path == _SHARES or path.startswith(f"{_SHARES}/"):
        return frozenset({"curate"})
    if method in _READING or path.startswith(READING_POSTS):
        return frozenset({"search"})
    return frozenset({"curate"})
