"""Settings of a server: where it listens, who may ask, how much at once."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Self, get_args, get_type_hints

from twinlens.errors import ConfigError

PREFIX = "TWINLENS_"
REQUESTS_PER_MINUTE = 600  # of one client beyond this machine: a page of thumbnails and typing, not a crawler
BY_PROXY = "came_by_trusted_proxy"  # in a request's state: who connected is one of ``trusted_proxies``
SHORT_KEY = 16  # letters; below this a key can be guessed


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a server is told; each field is also an environment variable, as ``TWINLENS_API_KEY``.

    Attributes:
        collection: photo folder or collection; None = the nearest at or above the current folder.
        model: must be the collection's.
        host: address to listen on.
        port: 0 picks a free one.
        workers: processes that answer.
        api_key: what callers must show; None = nobody needs one.
        insecure: other machines may ask without a key.
        cors_origins: pages of other origins that may ask, besides those of this machine; ``null`` is a
            page opened from a file, ``*`` any.
        allowed_hosts: names in ``Host`` besides those of this machine; needed behind a proxy.
        trusted_proxies: addresses whose ``X-Forwarded-For`` is believed.
        max_body_mb: of a request, uploads included.
        max_megapixels: of an uploaded picture.
        max_top_k: results of one answer.
        max_query_length: letters of a query.
        max_batch: queries in one call.
        requests_per_minute: of one client, in each worker; 0 = no limit, None = 600 where others than this
            machine may ask, itself or through a proxy.
        thumbnails_mb: room for thumbnails on disk.
        query_log: write what was searched for into the log.
        batch_queries: embed concurrent queries together.
    """

    collection: str | None = None
    model: str | None = None
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    api_key: str | None = field(default=None, repr=False)
    insecure: bool = False
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    max_body_mb: float = 32.0
    max_megapixels: float = 100.0
    max_top_k: int = 1000
    max_query_length: int = 1000
    max_batch: int = 64
    requests_per_minute: int | None = None
    thumbnails_mb: float = 500.0
    query_log: bool = False
    batch_queries: bool = True

    def __post_init__(self) -> None:
        if self.api_key is not None and not self.api_key.strip():
            raise ConfigError("the API key is empty; give --api-key, or leave it out and serve this machine only")
        if self.api_key is not None and not self.api_key.isascii():
            raise ConfigError("the API key holds letters that no header can carry; use ASCII letters and digits")
        if self.workers < 1:
            raise ConfigError(f"--workers must be at least 1, got {self.workers}")

    @property
    def is_local(self) -> bool:
        """True when only this machine can reach the server, others at most through a proxy on it."""
        return is_loopback(self.host)

    @property
    def client_limit(self) -> int:
        """Requests a minute that one client has; 0 = no limit."""
        if self.requests_per_minute is not None:
            return self.requests_per_minute
        is_alone = self.is_local and not self.trusted_proxies and not self.allowed_hosts
        return 0 if is_alone else REQUESTS_PER_MINUTE

    @property
    def spares_this_machine(self) -> bool:
        """True when its own callers are not counted: no limit was named, and they are no proxy's."""
        return self.requests_per_minute is None and (bool(self.trusted_proxies) or not self.allowed_hosts)

    def trusts(self, address: str) -> bool:
        """True for a proxy whose ``X-Forwarded-For`` is believed."""
        return any(_holds(proxy, address) for proxy in self.trusted_proxies)

    def check_exposure(self) -> None:
        """Refuses to show a library to other machines by mistake.

        Raises:
            ConfigError: other machines can reach the server, and nothing keeps them out.
        """
        if not self.is_local and self.api_key is None and not self.insecure:
            raise ConfigError(
                f"--host {self.host} lets other machines in, and there is no key: give --api-key KEY, "
                "--api-key-file FILE or TWINLENS_API_KEY, or --insecure to show your photos to everybody there"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Settings for a server that another program starts: ``TWINLENS_COLLECTION``, ``TWINLENS_API_KEY``, …

        ``TWINLENS_API_KEY_FILE`` names a file that holds the key.

        Raises:
            ConfigError: a value is not of its kind, the file cannot be read, or there are two keys.
        """
        hints = get_type_hints(cls)
        values = {
            one.name: _value(f"{PREFIX}{one.name.upper()}", environment[name], hints[one.name])
            for one in fields(cls)
            if environment.get(name := f"{PREFIX}{one.name.upper()}")
        }
        file = environment.get(f"{PREFIX}API_KEY_FILE")
        names = (f"{PREFIX}API_KEY", f"{PREFIX}API_KEY_FILE")
        values["api_key"] = one_key(values.get("api_key"), Path(file) if file else None, names=names)
        return cls(**values)


def one_key(key: str | None, file: Path | None, *, names: tuple[str, str]) -> str | None:
    """The key that was given, by itself or in a file's first line.

    Args:
        key: as it was given, or None.
        file: that holds it, or None.
        names: what gave the one and the other.

    Raises:
        ConfigError: both were given, or the file cannot be read.
    """
    if key is not None and file is not None:
        raise ConfigError(f"{names[0]} and {names[1]} both give an API key; leave one of them out")
    return key if file is None else read_key(file)


def read_key(file: Path) -> str:
    """The API key in a file's first line.

    Raises:
        ConfigError: it cannot be read, or is empty.
    """
    try:
        key = file.expanduser().read_text(encoding="utf-8").strip().partition("\n")[0].strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"the key file {file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not key:
        raise ConfigError(f"the key file {file} is empty; write the key into its first line")
    return key


def is_loopback(host: str) -> bool:
    """True for a name or an address of this machine that others cannot reach.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "photos.example.org")]
    [True, True, True, False, False]
    """
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _holds(proxy: str, address: str) -> bool:
    """True for the address itself, or one of the network; read as uvicorn reads it."""
    try:
        return proxy in ("*", address) or ipaddress.ip_address(address) in ipaddress.ip_network(proxy)
    except ValueError:
        return False


def _value(name: str, text: str, kind: Any) -> Any:
    kinds = [part for part in get_args(kind) if part is not type(None)] if isinstance(kind, UnionType) else [kind]
    wanted = kinds[0]
    try:
        if wanted is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if wanted in (int, float, str):
            return wanted(text)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{name} wants {wanted.__name__}, got {text!r}") from error
    return tuple(part.strip() for part in text.split(",") if part.strip())
