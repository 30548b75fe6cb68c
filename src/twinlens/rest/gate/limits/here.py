"""Requests counted in this process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from twinlens.rest.gate.limits.allowance import DAY_S, Allowance, Counts, Refused
from twinlens.rest.gate.limits.rate import MOST_CLIENTS, RateLimit


class CountsHere(Counts):
    """Counts what this process is asked.

    Args:
        clock: seconds since 1970, UTC.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._minutes: dict[int, RateLimit] = {}  # by requests per minute: there are few different ones
        self._days: OrderedDict[str, tuple[int, float]] = OrderedDict()  # day, and what was used of it

    async def take(self, caller: str, cost: float, allowance: Allowance) -> Refused | None:
        """See ``Counts``."""
        now = self._clock()
        day = int(now // DAY_S)
        used = self._used(caller, day) if allowance.per_day else 0.0
        if allowance.per_day and used >= allowance.per_day:
            return Refused("day", math.ceil((day + 1) * DAY_S - now))
        limit = self._minutes.setdefault(allowance.per_minute, RateLimit(allowance.per_minute))
        if wait := limit.take(caller, cost):
            return Refused("minute", wait)
        if allowance.per_day:
            self._days[caller] = (day, used + cost)
            while len(self._days) > MOST_CLIENTS:
                self._days.popitem(last=False)
        return None

    def _used(self, caller: str, day: int) -> float:
        since, used = self._days.pop(caller, (day, 0.0))
        self._days[caller] = (day, used if since == day else 0.0)
        return self._days[caller][1]
