"""Refusal of wrong keys, slower the more there are; right keys are never affected."""

import asyncio
from typing import NoReturn

from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.keys.keys import REALM
from twinlens.rest.gate.limits.rate import RateLimit

WRONG_KEYS_PER_MINUTE = 20  # per client: a key cannot be guessed, this keeps the log short
SLOWED_S = 0.5
MOST_SLOWED = 200  # at a time: each one holds a connection
CHALLENGE = {"WWW-Authenticate": REALM}


class WrongKeys:
    """Counts the wrong keys of each client, and refuses them.

    Many people may share an address, so what one of them does must not keep out another with a right key.
    """

    def __init__(self) -> None:
        self._limit = RateLimit(WRONG_KEYS_PER_MINUTE)
        self._slowed = 0

    async def refuse(self, client: str, failure: RequestFailure | None = None) -> NoReturn:
        """Raises RequestFailure; after too many wrong keys of this client a little later, and with 429.

        Args:
            client: its address.
            failure: what else to raise than that the key is wrong.
        """
        if wait := self._limit.take(client):
            await self._slow_down()
            raise RequestFailure(
                "too_many_wrong_keys",
                f"more than {WRONG_KEYS_PER_MINUTE} wrong keys per minute came from this client",
                f"wait {wait} s, or use the right key, which works at any time",
                {"Retry-After": str(wait)},
            )
        if failure is not None:
            raise failure
        raise RequestFailure("wrong_key", "this is not a key of the server", "ask whoever started it", CHALLENGE)

    async def _slow_down(self) -> None:
        if self._slowed >= MOST_SLOWED:
            return
        self._slowed += 1
        try:
            await asyncio.sleep(SLOWED_S)
        finally:
            self._slowed -= 1
