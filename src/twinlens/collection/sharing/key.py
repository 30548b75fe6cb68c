"""Keys of shares: the share's number and a secret, of which only a hash is kept."""

import base64
import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

SECRET_BYTES = 24  # nobody guesses 192 bits, so a plain hash is enough
PHOTO_BYTES = 9
_KEY = re.compile(r"(\d{1,18})-[A-Za-z0-9_-]{32}", re.ASCII)
_NONE = b"\0" * 32


class ShareKey(NamedTuple):
    """A key, and its hash."""

    text: str
    digest: bytes


def new_key(number: int) -> ShareKey:
    """A key for the share with a number."""
    text = f"{number}-{secrets.token_urlsafe(SECRET_BYTES)}"
    return ShareKey(text, hashlib.sha256(text.encode()).digest())


def number_in(key: str) -> int | None:
    """The number of the share that a key is of; None if it cannot be a key.

    >>> number_in("12-" + 32 * "a"), number_in("12-a"), number_in("")
    (12, None, None)
    """
    match = _KEY.fullmatch(key)
    return int(match[1]) if match else None


def fits(key: str, digest: bytes | None) -> bool:
    """Whether a key has this hash, in the same time whatever the hash; None fits nothing."""
    shown = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
    return hmac.compare_digest(shown, _NONE if digest is None else digest)


def photo_name(digest: bytes, number: int) -> str:
    """What a photo is called in a share: neither its path nor its number, and something else in another share.

    Args:
        digest: of the share's key.
        number: the catalog's key of the photo.
    """
    name = hashlib.blake2b(number.to_bytes(8, "big"), key=digest, digest_size=PHOTO_BYTES).digest()
    return base64.urlsafe_b64encode(name).decode()
