"""Check of the ``Host`` header, against DNS rebinding."""

import ipaddress
import re
import socket
from collections.abc import Iterable

from twinlens.rest.settings import Settings, is_loopback

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:\d{1,5})?")


class Hosts:
    """The host names that this server answers to.

    Loopback names and the names in the settings are always accepted; a name is accepted with any
    port, unless the settings name one. A server that other
    machines can reach also accepts IP addresses, which no site can rebind, and the machine's
    own name. With a key and no allowed names it accepts any name, since a page under another
    name has neither the key nor our cookie.

    Args:
        settings: the address to listen on, and the allowed names.
    """

    def __init__(self, settings: Settings) -> None:
        self._names = _patterns(settings.allowed_hosts)
        self._is_any = "*" in self._names
        self._is_reached = not settings.is_local
        if self._is_reached:
            self._is_any = self._is_any or (settings.needs_key and not self._names)
            self._names |= _own_names()
        self._endings = tuple(name for name in self._names if name.startswith("."))

    def know(self, header: str) -> bool:
        """True if the ``Host`` header names this server."""
        match = _HOST.fullmatch(header)
        if match is None:
            return False
        name = match[1].lower().rstrip(".")
        if self._is_any or is_loopback(name) or name.endswith(self._endings):
            return True
        if name in self._names or f"{name}{match[2] or ''}" in self._names:
            return True
        return self._is_reached and _is_address(name)


def _patterns(hosts: Iterable[str]) -> frozenset[str]:
    """Names as given; ``*.example.org`` as the suffix ``.example.org``."""
    return frozenset(host.lower().rstrip(".").removeprefix("*") or "*" for host in hosts)


def _own_names() -> frozenset[str]:
    """This machine's full, short and mDNS names."""
    whole = socket.gethostname().lower().rstrip(".")
    short = whole.partition(".")[0]
    return frozenset({whole, short, f"{short}.local"} if short else ())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
