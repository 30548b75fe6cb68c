"""Addresses of catalogs in PostgreSQL, and the folder on this machine that belongs to each."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from twinlens.config import data_folder
from twinlens.errors import CatalogUnavailableError, CollectionError, ConfigError
from twinlens.whole_file import whole_file

PASSWORD = "TWINLENS_CATALOG_PASSWORD"  # an environment variable: command lines are seen by everybody on a machine
PASSWORD_FILE = f"{PASSWORD}_FILE"  # the same in a file, as containers are given secrets
FILE = "catalog.address"  # in the folder of what is derived from the catalog
SCHEMA = "twinlens"  # of the database, unless the address names another one
MOST_LAG_S = 60.0  # of a replica, unless the address names another limit
_HOST = re.compile(r"([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?")
_START = re.compile(r"postgres(ql)?://")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,49}")
_EXAMPLE = "postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True)
class Address:
    """Where a catalog is.

    Attributes:
        server: the address as libpq takes it, without a password.
        database: its name.
        schema: of the database, which has the tables of this catalog and no others.
        replica: HOST[:PORT] of a copy of the server that is read in its place; None = there is none.
        most_lag_s: how far that may be behind.
    """

    server: str
    database: str
    schema: str = SCHEMA
    replica: str | None = None
    most_lag_s: float = MOST_LAG_S

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads ``postgresql://user@host[:port]/database[?schema=name][&sslmode=verify-full]``.

        ``&replica=host[:port]`` names a copy of the server to read from, and ``&replica_lag=seconds`` how far that may
        be behind. Other options are those of libpq.

        >>> Address.parse("postgresql://anna@db.example.org/photos?schema=museum&sslmode=require")
        Address(server='postgresql://anna@db.example.org/photos?sslmode=require', database='photos', schema='museum',
        replica=None, most_lag_s=60.0)

        Raises:
            ConfigError: it is no such address, or has a password.
        """
        try:
            parts = urlsplit(text)
            has_password = parts.password is not None
            _ = parts.port
        except ValueError as error:
            raise ConfigError(f"{text!r} is no address of a catalog ({error}); write {_EXAMPLE}") from error
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if has_password or "password" in options:
            raise ConfigError(
                f"an address with a password can be read by others on this machine: set {PASSWORD}, or write the "
                "password into ~/.pgpass, and leave it out of the address"
            )
        database = unquote(parts.path.removeprefix("/"))
        if not is_address(text) or not database or "/" in database:
            raise ConfigError(f"{text!r} is no address of a catalog; write {_EXAMPLE}")
        schema = options.pop("schema", SCHEMA)
        if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise ConfigError(
                f"the schema of a catalog must be small letters, digits and underscores, got {schema!r}; "
                f"write {_EXAMPLE}?schema=museum"
            )
        replica, most_lag_s = _replica(options)
        asked = f"?{urlencode(options)}" if options else ""
        server = f"postgresql://{parts.netloc}/{parts.path.removeprefix('/')}{asked}"
        return cls(server, database, schema, replica, most_lag_s)

    def __str__(self) -> str:
        own = {
            "schema": None if self.schema == SCHEMA else self.schema,
            "replica": self.replica,
            "replica_lag": None if self.most_lag_s == MOST_LAG_S else f"{self.most_lag_s:g}",
        }
        told = urlencode({name: value for name, value in own.items() if value is not None}, safe=":[]")
        return f"{self.server}{'&' if '?' in self.server else '?'}{told}" if told else self.server

    def of_replica(self) -> "Address":
        """The same catalog on the replica."""
        parts = urlsplit(self.server)
        user, at, _ = parts.netloc.rpartition("@")
        there = parts._replace(netloc=f"{user}{at}{self.replica}")
        return Address(urlunsplit(there), self.database, self.schema)


def password() -> str | None:
    """Of the user in the address; None leaves it to libpq, which reads PGPASSWORD and ~/.pgpass.

    A file is read each time: the password may change while a server runs.

    Raises:
        CatalogUnavailableError: the file that should have it cannot be read, or is empty.
    """
    if told := os.environ.get(PASSWORD):
        return told
    if not (file := os.environ.get(PASSWORD_FILE)):
        return None
    try:
        found = Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CatalogUnavailableError(f"{PASSWORD_FILE} names {file}, which cannot be read: {reason}") from error
    if not found:
        raise CatalogUnavailableError(f"{PASSWORD_FILE} names {file}, which is empty: write the password into it")
    return found


def is_address(text: str) -> bool:
    """Whether a catalog is named by its address, not by a folder."""
    return _START.match(text) is not None


def place_of(address: Address) -> Path:
    """The folder of this machine for what is derived from a catalog; makes it.

    It lies in the user's data folder, and nowhere else: a folder of photos that somebody sends must not
    lead to a server, which would be told the user's password.

    Raises:
        CollectionError: it cannot be made.
    """
    digest = hashlib.sha256(str(address).encode()).hexdigest()[:12]
    place = _places() / f"{re.sub(r'[^A-Za-z0-9_-]', '-', address.database)}-{digest}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        if not (place / FILE).exists():
            with whole_file(place / FILE) as partial:
                partial.write_text(f"{address}\n", encoding="utf-8")
    except OSError as error:
        raise CollectionError(
            f"{place} cannot be made: {error.strerror or error}; set TWINLENS_HOME to a folder that can be written"
        ) from error
    return Path(os.path.realpath(place))


def address_at(place: Path) -> Address | None:
    """The address of the catalog that a folder belongs to; None for any other folder.

    Raises:
        ConfigError: its file was overwritten.
    """
    if place.parent != Path(os.path.realpath(_places())):
        return None
    try:
        return Address.parse((place / FILE).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return None


def _replica(options: dict[str, str]) -> tuple[str | None, float]:
    """Takes what is said of a replica out of the options of an address."""
    replica, lag = options.pop("replica", None), options.pop("replica_lag", None)
    if replica is not None and not _HOST.fullmatch(replica):
        raise ConfigError(f"replica= must be HOST or HOST:PORT of a copy of the server, got {replica!r}")
    if lag is None:
        return replica, MOST_LAG_S
    if replica is None or not re.fullmatch(r"\d{1,7}(\.\d+)?", lag):
        raise ConfigError(f"replica_lag= must be the seconds that a replica may lag, beside replica=, got {lag!r}")
    return replica, float(lag)


def _places() -> Path:
    return data_folder() / "catalogs"
