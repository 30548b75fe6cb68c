"""A file with several keys, each with a name and its scopes."""

import re
import tomllib
from pathlib import Path
from typing import Any

from twinlens.errors import ConfigError
from twinlens.rest.gate.keys.keys import Key
from twinlens.rest.gate.keys.scopes import SCOPES
from twinlens.rest.gate.limits.allowance import own_allowance
from twinlens.rest.settings import SHORT_KEY

LIMITS = ("requests_per_minute", "requests_per_day")
FAVOURITES = "shared", "own"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def read_keys(file: Path) -> list[Key]:
    """The keys of a TOML file; a key without ``scopes`` may only search.

    ``[family]``, then ``key = "…"`` or ``sha256 = "…"`` (the key's SHA-256, so that the file does not give it
    away), ``scopes = ["search", "curate", "index"]``, and, for a server with several libraries, the names of those
    that it opens: ``libraries = ["home"]``. ``requests_per_minute = 60`` is the key's own limit, and
    ``requests_per_day = 1000`` its quota. ``favourites = "own"`` gives whoever has it marks that nobody else sees.

    Raises:
        ConfigError: the file cannot be read, or is not valid; all faults in one message, and never a key.
    """
    try:
        tables = tomllib.loads(file.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the keys file {file} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # the last if it is nested without end
        # not the message's quoted text: it may be a part of a key
        where = re.search(r"line \d+", str(error))
        raise ConfigError(f"the keys file {file} is not valid TOML{f' ({where[0]})' if where else ''}") from error
    faults = [fault for name, table in tables.items() for fault in _faults(name, table)]
    keys = [] if faults else [_key(name, table) for name, table in tables.items()]
    if len({key.digest for key in keys}) < len(keys):
        faults.append("two names have the same key")
    if faults:
        raise ConfigError(f"the keys file {file} is not valid: {'; '.join(faults)}")
    return keys


def _faults(name: str, table: Any) -> list[str]:
    if not isinstance(table, dict):
        return ["a key outside of a table: write [name] above it"]
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(f"the name {name[:40]!r} must be letters, digits, - and _, at most 40")
    if unknown := sorted(table.keys() - {"key", "sha256", "scopes", "libraries", "favourites", *LIMITS}):
        faults.append(f"[{name}] has unknown fields: {', '.join(unknown)}")
    key, sha256, scopes = table.get("key"), table.get("sha256"), table.get("scopes", [])
    if (key is None) == (sha256 is None):
        faults.append(f"[{name}] needs either 'key' or 'sha256'")
    elif sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        faults.append(f"[{name}] sha256 must be 64 hexadecimal digits")
    elif key is not None and not (isinstance(key, str) and key.isascii() and len(key.strip()) >= SHORT_KEY):
        faults.append(f"[{name}] key must have {SHORT_KEY} or more ASCII characters")
    if not isinstance(scopes, list) or any(scope not in SCOPES for scope in scopes):
        faults.append(f"[{name}] scopes must be a list of: {', '.join(SCOPES)}")
    libraries = table.get("libraries", [])
    if not isinstance(libraries, list) or not all(isinstance(one, str) for one in libraries):
        faults.append(f'[{name}] libraries must be a list of names, such as ["home"]')
    if (marks := table.get("favourites", FAVOURITES[0])) not in FAVOURITES:
        faults.append(f'[{name}] favourites must be "own" or "shared", got {str(marks)[:40]!r}')
    faults += [
        f"[{name}] {limit} must be a whole number of at least 1"
        for limit in LIMITS
        if limit in table and (type(table[limit]) is not int or table[limit] < 1)
    ]
    return faults


def _key(name: str, table: dict[str, Any]) -> Key:
    scopes, libraries = table.get("scopes", ["search"]), table.get("libraries")
    allowance = own_allowance(table.get(LIMITS[0]), table.get(LIMITS[1]))
    has_own = table.get("favourites") == "own"
    if "sha256" in table:
        named = None if libraries is None else frozenset(libraries)
        return Key(name, bytes.fromhex(table["sha256"]), frozenset(scopes), named, allowance, has_own)
    return Key.of(name, table["key"].strip(), scopes, libraries, allowance, has_own_favourites=has_own)
