"""Addresses of vectors on a Milvus server."""

import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from twinlens.errors import ConfigError

PORT = 19530
TOKEN = "TWINLENS_MILVUS_TOKEN"  # an environment variable, so that no secret is written into a collection
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_OPTIONS = ("database", "tls")
_EXAMPLE = "milvus://HOST:19530/NAME"


@dataclass(frozen=True)
class Address:
    """Where a library's vectors are.

    Attributes:
        uri: of the server, as pymilvus takes it.
        name: what the names of the library's collections there begin with.
        database: of the server; empty for the default one.
    """

    uri: str
    name: str
    database: str = ""

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Reads ``milvus://host[:port]/name[?tls=true][&database=name]``.

        >>> Address.parse("milvus://vectors.example.org/photos?tls=true")
        Address(uri='https://vectors.example.org:19530', name='photos', database='')

        Raises:
            ConfigError: it is no such address, or has a password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORT
        except ValueError as error:
            raise ConfigError(f"{url!r} is no address of a store ({error}); write {_EXAMPLE}") from error
        if parts.scheme != "milvus" or not host:
            raise ConfigError(f"{url!r} is no address of a Milvus server; write {_EXAMPLE}")
        if "@" in parts.netloc:
            raise ConfigError(f"the address of a store is kept in the collection: set {TOKEN}=USER:PASSWORD instead")
        name = parts.path.strip("/")
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"the name {name!r} after the host must be letters, digits and underscores, as in {_EXAMPLE}"
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(options.keys() - set(_OPTIONS)):
            raise ConfigError(f"unknown option {unknown[0]!r} of a store; known: {', '.join(_OPTIONS)}")
        if (tls := options.get("tls", "false")) not in ("true", "false"):
            raise ConfigError(f"tls of a store must be true or false, got {tls!r}")
        shown = f"[{host}]" if ":" in host else host
        uri = f"{'https' if tls == 'true' else 'http'}://{shown}:{port}"
        return cls(uri, name, options.get("database", ""))


def token() -> str:
    """What the server asks for, ``user:password`` or an API key; empty if the environment has none."""
    return os.environ.get(TOKEN, "")
