"""Who a request comes from, and a limit on open connections per client, so that one cannot use them all up."""

from collections import Counter

from starlette.types import Scope

from twinlens.rest.gate.keys.keys import ONLY_KEY, Key
from twinlens.rest.settings import Settings, is_loopback

MOST_OF_ONE = 200  # a browser opens six
MOST_OF_THIS_MACHINE = 2000  # an unnamed proxy on this machine has a connection for each of its clients


def client_of(scope: Scope) -> str:
    """The client's address, as a trusted proxy tells it; "local" if the server does not know it."""
    return scope["client"][0] if scope.get("client") else "local"


def caller_of(key: Key | None, client: str) -> str:
    """Whose requests are counted together: a person's or a program's, wherever they come from.

    The key that is given by itself stands for everybody, so its requests are counted by address, as those without one.

    >>> caller_of(None, "203.0.113.7"), caller_of(Key("ana", b""), "203.0.113.7")
    ('203.0.113.7', 'key:ana')
    """
    if key is None:
        return client
    return f"{key.name}@{client}" if key.name == ONLY_KEY else f"key:{key.name}"


class Callers:
    """Counts the open connections per address.

    Args:
        settings: trusted proxies are not limited.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: Counter[str] = Counter()

    def come(self, address: str) -> bool:
        """Counts a new connection; False if it exceeds the limit and should be closed.

        >>> callers = Callers(Settings())
        >>> [callers.come("203.0.113.7") for _ in range(201)].count(True)
        200
        """
        self._open[address] += 1
        if self.trust(address):
            return True
        return self._open[address] <= (MOST_OF_THIS_MACHINE if is_loopback(address) else MOST_OF_ONE)

    def trust(self, address: str) -> bool:
        """True for a trusted proxy."""
        return self._settings.trusts(address)

    def go(self, address: str) -> None:
        """Counts a closed connection."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]
