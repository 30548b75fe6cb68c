"""How many requests one client may send: a bucket that fills again with time."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000  # remembered; of more, the longest quiet are forgotten


class RateLimit:
    """So many requests a minute for each client, the minute's worth of them at once.

    Args:
        per_minute: 0 = no limit.
        clock: seconds.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, when

    def take(self, client: str) -> int:
        """0 where the client may ask now, and one less is left; else the seconds to wait.

        >>> limit = RateLimit(2, clock=lambda: 0.0)
        >>> [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")]
        [0, 0, 30, 0]
        """
        if not self.per_minute:
            return 0
        left = self._left(client)
        if left < 1.0:
            return math.ceil((1.0 - left) * 60 / self.per_minute)
        self._buckets[client] = (left - 1.0, self._clock())
        return 0

    def wait(self, client: str) -> int:
        """Like ``take``, but takes nothing."""
        left = self._left(client) if self.per_minute else 1.0
        return 0 if left >= 1.0 else math.ceil((1.0 - left) * 60 / self.per_minute)

    def _left(self, client: str) -> float:
        now = self._clock()
        left, since = self._buckets.pop(client, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
        self._buckets[client] = (left, now)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return left
