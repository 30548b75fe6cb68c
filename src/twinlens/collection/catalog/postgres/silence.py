"""A connection that ends when the server is silent because the network between them is cut.

Nothing tells so: packets are lost, and an answer would be waited for until the system gives up, after many minutes.
A statement may take long, too. So a second connection asks whether the server is there, as soon as one is silent.
"""

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg

SILENT_S = 5.0  # before it is asked whether the server is there; few statements take longer
# What the system does where a firewall forgets a connection: it tries within half a minute. For those who do not say
# otherwise in the address
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
# The same on the server: the locks of a machine that is cut off are free again after a minute
SERVER_KEEPALIVE = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
Answer = TypeVar("Answer")
_Steps = Generator[int, Any, Answer]


class WatchedConnection(psycopg.Connection[tuple[Any, ...]]):  # type: ignore[misc]  # psycopg is not read by mypy
    """As psycopg's, and closed when it was silent and nobody else reaches the server either.

    Attributes:
        is_there: asks, and raises ``psycopg.Error`` if the server does not answer.
    """

    is_there: Callable[[], None] | None = None

    def wait(self, gen: "_Steps[Answer]", *arguments: Any, **options: Any) -> Answer:
        """Waits for the end of what was asked.

        Raises:
            psycopg.OperationalError: the server is away.
        """
        answer: Answer = super().wait(self._watched(gen), *arguments, **options)
        return answer

    def _watched(self, gen: "_Steps[Answer]") -> "_Steps[Answer]":
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                now = time.monotonic()
                if ready:
                    heard = now
                elif now - heard > SILENT_S and self.is_there is not None:
                    self._ask(self.is_there, now - heard)
                    heard = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: Answer = end.value
            return answer

    def _ask(self, is_there: Callable[[], None], silent_s: float) -> None:
        try:
            is_there()
        except psycopg.Error as error:
            if "FATAL" in str(error):  # it answers, if only that it has too many connections
                return
            self.close()
            raise psycopg.OperationalError(f"no answer for {silent_s:.0f} s") from error
