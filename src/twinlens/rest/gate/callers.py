"""How many connections each caller holds: one that opens a thousand must not keep the others out."""

from collections import Counter

from twinlens.rest.settings import Settings, is_loopback

MOST_OF_ONE = 200  # a browser holds six
MOST_OF_THIS_MACHINE = 2000  # a proxy here that nobody named has a connection for each of its callers


class Callers:
    """Counts the open connections of each address.

    Args:
        settings: the proxies that they trust may open as many connections as they like.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: Counter[str] = Counter()

    def come(self, address: str) -> bool:
        """One more connection is open; False where it should be closed again.

        >>> callers = Callers(Settings())
        >>> [callers.come("203.0.113.7") for _ in range(201)].count(True)
        200
        """
        self._open[address] += 1
        if self.trust(address):
            return True
        return self._open[address] <= (MOST_OF_THIS_MACHINE if is_loopback(address) else MOST_OF_ONE)

    def trust(self, address: str) -> bool:
        """True for a proxy that tells who its callers are."""
        return self._settings.trusts(address)

    def go(self, address: str) -> None:
        """One is closed."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]
