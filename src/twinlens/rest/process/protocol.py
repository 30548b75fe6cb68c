"""HTTP/1.1 protocol with timeouts for slow clients and a graceful shutdown."""

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from twinlens.rest.gate.callers import Callers
from twinlens.rest.process.lingering import Lingering
from twinlens.rest.settings import BY_PROXY

HEADERS_S = 15.0  # to receive a request's headers
UNREAD_S = 60.0  # without reading a byte of our answer
LAST_REQUESTS_S = 0.5  # after a stop, for requests in flight on open connections


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, with timeouts for headers and for slow readers.

    When the server stops, idle connections stay open for another half second: a request that
    is already in flight is answered instead of finding its connection closed.

    Args:
        arguments: uvicorn's, as are the options.
        callers: connections per client, in this process.
    """

    def __init__(self, *arguments: Any, callers: Callers, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._callers = callers
        self._headers_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._is_stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accepts a connection unless the client has too many already."""
        self._lingering = Lingering(transport, self._is_receiving)
        super().connection_made(self._lingering)  # type: ignore[arg-type]  # it is one to all that uvicorn does
        if self.client is not None and not self._callers.come(self.client[0]):
            self._close()
            return
        if self.client is not None and self._callers.trust(self.client[0]):
            self.app_state = {**self.app_state, BY_PROXY: True}
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        if self.client is not None:
            self._callers.go(self.client[0])
        _cancel(self._headers_timer)
        self._headers_timer = None
        _cancel(self._unread_timer)
        self._unread_timer = None
        self._lingering.stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receives part of a request, or several requests."""
        if self._lingering.is_lingering:
            self._lingering.note_data()
            return
        super().data_received(data)
        if self._is_answering():
            _cancel(self._headers_timer)
            self._headers_timer = None
            if self._is_stopping:
                self.cycle.keep_alive = False
        elif self._headers_timer is None:
            self._wait_for_headers()

    def on_response_complete(self) -> None:
        """The answer is sent; stops waiting for its reader."""
        super().on_response_complete()
        if self._is_stopping and not self._is_answering():
            self._close()

    def shutdown(self) -> None:
        """The server is stopping."""
        self._is_stopping = True
        self._lingering.finish()
        if self._is_answering():
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LAST_REQUESTS_S, self._close_if_idle)

    def pause_writing(self) -> None:
        """The client reads more slowly than we send."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has caught up."""
        _cancel(self._unread_timer)
        self._unread_timer = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answers invalid HTTP with our JSON error, if no answer has started yet."""
        error = {"code": "invalid_request", "message": "this is not a valid HTTP request", "hint": ""}
        body = json.dumps({"error": error}).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        try:
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # still answering the previous request
            self.logger.debug("%s: while answering", msg)
        self.transport.close()

    def eof_received(self) -> None:
        """The client has sent all it will; asyncio then closes, and that must not wait for more."""
        self._lingering.stop_waiting()

    def _is_receiving(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_headers(self) -> None:
        self._headers_timer = self.loop.call_later(HEADERS_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._headers_timer = None
        if not self._is_answering():
            self._close()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
