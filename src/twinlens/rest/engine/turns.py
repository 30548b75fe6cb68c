"""Turns for uploads, explanations and suggested tags: a few at once; no client waits for all of another."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twinlens.rest.failures import RequestFailure

MOST_WAITING = 64  # each holds its upload in memory
MOST_OF_ONE = 32
PATIENCE_S = 30.0


class Turns:
    """Gives turns to clients in rotation; used on the event loop.

    Args:
        at_once: number of turns at a time.
        what: what is waiting, for the error message.
        most_waiting: requests, of all clients.
        most_of_one: requests of one client that wait.
        patience_s: how long a request waits.
    """

    def __init__(
        self,
        at_once: int,
        *,
        what: str = "uploads",
        most_waiting: int = MOST_WAITING,
        most_of_one: int = MOST_OF_ONE,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._free, self._what = at_once, what
        self._most_waiting, self._most_of_one, self._patience_s = most_waiting, most_of_one, patience_s
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Waits for a turn, and ends it with the block.

        Raises:
            RequestFailure: too many are waiting, or this one has waited too long.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, client: str) -> None:
        ours = self._waiting.get(client, ())
        if len(ours) >= self._most_of_one or sum(map(len, self._waiting.values())) >= self._most_waiting:
            raise self._too_busy()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await asyncio.wait_for(turn, self._patience_s)
        except BaseException as error:  # also a client that has gone
            if turn.done() and not turn.cancelled():  # it came at the same moment
                self._pass_on()
            else:
                self._forget(client, turn)
            if isinstance(error, TimeoutError):
                raise self._too_busy() from error
            raise

    def _pass_on(self) -> None:
        """Gives the turn to the next client in the round."""
        if not self._waiting:
            self._free += 1
            return
        client, turns = next(iter(self._waiting.items()))
        turn = turns.popleft()
        self._waiting.move_to_end(client)
        if not turns:
            del self._waiting[client]
        turn.set_result(None)

    def _forget(self, client: str, turn: "asyncio.Future[None]") -> None:
        turns = self._waiting[client]
        turns.remove(turn)
        if not turns:
            del self._waiting[client]

    def _too_busy(self) -> RequestFailure:
        message = f"too many {self._what} are waiting already"
        return RequestFailure("too_busy", message, "try again in a few seconds", {"Retry-After": "5"})
