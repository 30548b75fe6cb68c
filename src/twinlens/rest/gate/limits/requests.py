"""The limits of a server's requests, shared among processes as long as the server that counts for them answers."""

import logging
import time
from collections.abc import Callable
from typing import Self

from twinlens.rest.gate.limits.allowance import Allowance, Counts, Refused
from twinlens.rest.gate.limits.here import CountsHere
from twinlens.rest.gate.limits.in_redis import CountsInRedis
from twinlens.rest.settings import Settings

logger = logging.getLogger(__name__)
TRY_AGAIN_S = 5.0  # after the shared counts did not answer


class RequestLimits(Counts):
    """Counts requests together with other processes, and by itself while that is not possible.

    Args:
        usual: of callers without an allowance of their own.
        shared: None = each process counts for itself.
        clock: seconds.
    """

    def __init__(
        self, usual: Allowance, *, shared: CountsInRedis | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.usual, self._shared, self._clock = usual, shared, clock
        self._here = CountsHere()
        self._is_doubtful = self._is_away = False
        self._ask_at = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings want it.

        Raises:
            ConfigError: what shall count for several processes is no Redis server's address, or not installed.
        """
        shared = CountsInRedis(settings.limits) if settings.limits else None
        return cls(Allowance(settings.client_limit), shared=shared)

    async def take(self, caller: str, cost: float, allowance: Allowance) -> Refused | None:
        """See ``Counts``."""
        if not allowance.per_minute and not allowance.per_day:
            return None
        if self._shared is None or (self._is_away and self._clock() < self._ask_at):
            return await self._here.take(caller, cost, allowance)
        was_doubtful = self._is_doubtful
        if self._is_away:  # one request asks whether it is back; the others do not wait with it
            self._ask_at = self._clock() + TRY_AGAIN_S
        try:
            refused = await self._shared.take(caller, cost, allowance)
        except Exception as error:  # noqa: BLE001 — whatever the client raises, requests are served
            self._note_failure(error, is_second=was_doubtful)
            return await self._here.take(caller, cost, allowance)
        self._is_doubtful = False
        if self._is_away:
            self._is_away = False
            logger.warning("the Redis server of --limits answers again: requests are counted together")
        return refused

    async def close(self) -> None:
        """Closes the connections to the shared counts."""
        if self._shared is not None:
            await self._shared.close()

    def _note_failure(self, error: Exception, *, is_second: bool) -> None:
        """Leaves the shared counts at the second failure, and logs it once, until they have answered again.

        Args:
            error: what was raised.
            is_second: the request was made after another one had failed. When this process stood still for a moment,
                all requests that were waiting fail at once: that is one failure.
        """
        self._is_doubtful = True
        if not is_second:
            return
        if not self._is_away:
            logger.warning(
                "the Redis server of --limits does not answer (%s): requests are served, and each process counts "
                "them for itself until it does",
                error,
            )
        self._is_away, self._ask_at = True, self._clock() + TRY_AGAIN_S
