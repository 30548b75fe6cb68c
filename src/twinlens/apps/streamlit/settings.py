"""Settings of the Streamlit app, passed in environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self
from urllib.parse import urlsplit

from twinlens.errors import ConfigError

PREFIX = "TWINLENS_"


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Settings of the app; each field is also an environment variable, such as ``TWINLENS_SERVER``.

    Attributes:
        collection: photo folder or collection; None = the nearest at or above the current folder.
        model: name or folder of a bundle; None = the collection's model.
        server: URL of a running ``twinlens serve`` to search instead of a collection.
        api_key: API key of that server.
    """

    collection: str | None = None
    model: str | None = None
    server: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.server is not None:
            check_address(self.server)
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise ConfigError(
                "the API key contains characters that are not allowed in a header; use ASCII letters and digits"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Reads the settings that ``to_environment`` wrote.

        Raises:
            ConfigError: the server's URL is invalid.
        """
        return cls(**{name: environment.get(variable) or None for name, variable in _variables().items()})

    def to_environment(self) -> dict[str, str]:
        """Environment variables for the page; an unset field is empty, to override inherited values."""
        return {variable: getattr(self, name) or "" for name, variable in _variables().items()}


def check_address(server: str) -> None:
    """Checks the URL of a server.

    Raises:
        ConfigError: it does not start with http:// or https://, or has no host.
    """
    try:
        parts = urlsplit(server)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # invalid port or IPv6 address
        is_address = False
    if not is_address or not server.isprintable() or " " in server:
        raise ConfigError(f"--server must be a URL such as http://127.0.0.1:5000, got {server!r}")


def _variables() -> dict[str, str]:
    return {one.name: f"{PREFIX}{one.name.upper()}" for one in fields(AppSettings)}
