"""Settings of a server: address, access, limits."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Self, get_args, get_type_hints

from twinlens.config import data_folder
from twinlens.errors import ConfigError

PREFIX = "TWINLENS_"
REQUESTS_PER_MINUTE = 600  # per client on another machine: enough for thumbnails and typing, not for a crawler
BY_PROXY = "came_by_trusted_proxy"  # in a request's state: it came from one of ``trusted_proxies``
SHORT_KEY = 16  # characters; a shorter key can be guessed
_OWN_FOLDERS = "api|static|share|docs|health|readyz|metrics|openapi.json"  # a path that begins so would be ambiguous
_ROOT_PATH = re.compile(rf"(?!/(?:{_OWN_FOLDERS})(?:/|$))(?:/(?!\.\.?(?:/|$))[\w.~-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each is also an environment variable, such as ``TWINLENS_API_KEY``.

    Attributes:
        collection: photo folder or collection; None = the nearest at or above the current folder.
        libraries: several collections, each as ``NAME=PATH``, each served below its name; instead of ``collection``.
        model: must be the collection's.
        host: address to listen on.
        port: 0 picks a free one.
        workers: number of worker processes.
        api_key: key that clients must send, with all scopes; None = no key is required, unless there is a keys file.
        api_key_file: file whose first line is that key; read again when it changes.
        keys_file: TOML file with several keys, their names and scopes; read again when it changes.
        tokens_file: TOML file that says whose tokens (JWT) are keys, too; read again when it changes.
        state_folder: for what outlives a restart: the page's sessions; None = the user's data folder.
        insecure: allow other machines to connect without a key.
        cors_origins: origins whose pages may use the API, besides those of this machine; ``null`` is a
            page opened from a file, ``*`` any.
        allowed_hosts: names in ``Host`` besides those of this machine; needed behind a proxy.
        trusted_proxies: addresses whose ``X-Forwarded-For``, ``-Proto`` and ``-Prefix`` are trusted.
        root_path: path below which a proxy serves this server, such as ``/photos``.
        max_body_mb: of a request, uploads included.
        max_megapixels: of an uploaded picture.
        max_decode_s: CPU time for decoding an uploaded picture, in seconds; by the clock three times that.
        max_decode_mb: memory for decoding an uploaded picture.
        max_top_k: results per answer.
        max_query_length: characters of a query.
        max_batch: queries per call.
        requests_per_minute: per client, or per key of the keys file and person; 0 = no limit, None = 600 if other
            machines can connect, directly or through a proxy, else no limit. Each worker counts for itself without:
        limits: address of a Redis server that counts requests for all processes that name it.
        drain_s: seconds for which a server that is asked to stop goes on answering, until a proxy has noticed at
            ``/readyz``; not after Ctrl+C.
        thumbnails_mb: size of the thumbnail cache on disk.
        query_log: log search queries.
        audit_log: file that gets a line for each search, opened photo and change: who, what and when.
        batch_queries: embed concurrent queries together.
        watch: index changes in the photo folders as they come, unless the library cannot be written;
            ``twinlens serve`` does so unless it is told not to.
    """

    collection: str | None = None
    libraries: tuple[str, ...] = ()
    model: str | None = None
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    api_key: str | None = field(default=None, repr=False)
    api_key_file: str | None = None
    keys_file: str | None = None
    tokens_file: str | None = None
    state_folder: str | None = None
    insecure: bool = False
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    max_body_mb: float = 32.0
    max_megapixels: float = 100.0
    max_decode_s: float = 10.0
    max_decode_mb: float = 1500.0
    max_top_k: int = 1000
    max_query_length: int = 1000
    max_batch: int = 64
    requests_per_minute: int | None = None
    limits: str | None = field(default=None, repr=False)  # may have a password
    drain_s: float = 0.0
    thumbnails_mb: float = 500.0
    query_log: bool = False
    audit_log: str | None = None
    batch_queries: bool = True
    watch: bool = False

    def __post_init__(self) -> None:
        if self.api_key is not None and not self.api_key.strip():
            raise ConfigError("the API key is empty; give --api-key KEY, or no key to serve this machine only")
        if self.api_key is not None and not self.api_key.isascii():
            raise ConfigError(
                "the API key contains characters that are not allowed in a header; use ASCII letters and digits"
            )
        if self.workers < 1:
            raise ConfigError(f"--workers must be at least 1, got {self.workers}")
        object.__setattr__(self, "root_path", self.root_path.rstrip("/"))
        if self.root_path and not is_root_path(self.root_path):
            raise ConfigError(
                f"--root-path must look like /photos and not begin like one of the server's own paths "
                f"({_OWN_FOLDERS.replace('|', ', ')}), got {self.root_path!r}"
            )

    @property
    def needs_key(self) -> bool:
        """True if clients must send a key."""
        return any(one is not None for one in (self.api_key, self.api_key_file, self.keys_file, self.tokens_file))

    @property
    def sessions_folder(self) -> Path:
        """The folder that keeps the page's sessions."""
        return (Path(self.state_folder).expanduser() if self.state_folder else data_folder()) / "sessions"

    @property
    def is_local(self) -> bool:
        """True if only this machine can reach the server; others at most through a proxy on it."""
        return is_loopback(self.host)

    @property
    def client_limit(self) -> int:
        """Requests per minute and client; 0 = no limit."""
        if self.requests_per_minute is not None:
            return self.requests_per_minute
        is_alone = self.is_local and not self.trusted_proxies and not self.allowed_hosts
        return 0 if is_alone else REQUESTS_PER_MINUTE

    @property
    def spares_this_machine(self) -> bool:
        """True if requests from this machine are not limited: no limit was set and there is no proxy."""
        return self.requests_per_minute is None and (bool(self.trusted_proxies) or not self.allowed_hosts)

    def trusts(self, address: str) -> bool:
        """True for a proxy whose ``X-Forwarded-For`` is trusted."""
        return any(_holds(proxy, address) for proxy in self.trusted_proxies)

    def check_exposure(self) -> None:
        """Prevents exposing a library to other machines by mistake.

        Raises:
            ConfigError: other machines can reach the server, and neither a key nor ``insecure`` is set.
        """
        if not self.is_local and not self.needs_key and not self.insecure:
            raise ConfigError(
                f"--host {self.host} lets other machines connect, but no key is set; give --api-key KEY, "
                "--api-key-file FILE, --keys FILE or TWINLENS_API_KEY, or --insecure to let anyone on the network "
                "see your photos"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Settings for a server that another program starts: ``TWINLENS_COLLECTION``, ``TWINLENS_API_KEY``, …

        ``TWINLENS_API_KEY_FILE`` names a file that contains the key.

        Raises:
            ConfigError: a value has the wrong type, the key file cannot be read, or two keys are given.
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
    """The key that was given, directly or in a file's first line.

    Args:
        key: the key itself, or None.
        file: a file that contains it, or None.
        names: of the two options, for the error message.

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
    """True for a loopback name or address.

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


def is_root_path(path: str) -> bool:
    """True for a path that a proxy can serve us below: plain characters, and no path of our own.

    >>> [is_root_path(path) for path in ("/photos", "/a/b-2", "photos", "/photos/", "/api", "/apis", "/a/../b")]
    [True, True, False, False, False, True, False]
    """
    return _ROOT_PATH.fullmatch(path) is not None


def _holds(proxy: str, address: str) -> bool:
    """True if ``proxy`` is this address or a network that contains it; same rules as uvicorn's."""
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
        raise ConfigError(f"{name} must be {wanted.__name__}, got {text!r}") from error
    return tuple(part.strip() for part in text.split(",") if part.strip())
