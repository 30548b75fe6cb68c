"""Rate limit per client, as a token bucket; a request takes as many tokens as it costs."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000  # remembered; beyond that, the least recently active are dropped


class RateLimit:
    """Allows so many requests per minute and client, in bursts of up to a minute's worth.

    Args:
        per_minute: 0 = no limit.
        clock: seconds.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, when

    def take(self, client: str, cost: float = 1.0) -> int:
        """Takes tokens and returns 0 if the request is allowed, else the seconds to wait.

        What costs about a minute's worth or more is allowed after a quiet minute, and leaves a debt.

        >>> limit = RateLimit(2, clock=lambda: 0.0)
        >>> [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")]
        [0, 0, 30, 0]
        >>> [limit.take("c", cost=5), limit.take("c")]
        [0, 120]
        """
        if not self.per_minute:
            return 0
        # the token that every request costs is taken before it is known that this one costs more
        left, needed = self._left(client), cost if cost <= 1 else min(cost, self.per_minute - 1)
        if left < needed:
            return math.ceil((needed - left) * 60 / self.per_minute)
        self._buckets[client] = (left - cost, self._clock())
        return 0

    def _left(self, client: str) -> float:
        now = self._clock()
        left, since = self._buckets.pop(client, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
        self._buckets[client] = (left, now)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return left
