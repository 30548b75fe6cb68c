"""A transport that closes only after its client has had a chance to read the answer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LINGER_S = 30.0  # for a client that goes on sending
SILENCE_S = 5.0  # for one that sends nothing more


class Lingering:
    """Wraps a transport: ``close`` waits while the client is still sending.

    Closing a socket with unread data makes the system reset the connection, and the client would see
    a lost connection instead of the answer that rejected its request.

    Args:
        transport: asyncio's.
        is_receiving: whether a request is arriving.
    """

    def __init__(self, transport: asyncio.Transport, is_receiving: Callable[[], bool]) -> None:
        self._transport, self._is_receiving = transport, is_receiving
        self._timer: asyncio.TimerHandle | None = None
        self._ends_at = 0.0
        self.is_lingering = False

    def close(self) -> None:
        """Closes the connection: at once, or when the client has stopped sending."""
        if self.is_lingering:
            return
        if self._transport.is_closing() or not self._is_receiving() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.is_lingering = True
        self._ends_at = asyncio.get_running_loop().time() + LINGER_S
        with suppress(RuntimeError, OSError):  # the client has just gone
            self._transport.write_eof()
        self._transport.resume_reading()
        self.note_data()

    def note_data(self) -> None:
        """The client has sent something, which is thrown away."""
        self.stop_waiting()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(min(loop.time() + SILENCE_S, self._ends_at), self._transport.close)

    def finish(self) -> None:
        """The server is stopping: waits no longer."""
        if self.is_lingering:
            self._transport.close()

    def stop_waiting(self) -> None:
        """The connection is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def is_closing(self) -> bool:
        """True once nothing more can be written."""
        return self.is_lingering or self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
