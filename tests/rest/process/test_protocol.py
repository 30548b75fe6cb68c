"""Connections: every request that was sent is answered though the server stops; what is no HTTP ends."""

import http.client
import json
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from rest.conftest import Serve
from twinlens.rest.process import protocol

pytestmark = pytest.mark.server
QUERY = {"query": "a red wall", "top_k": 2}


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_request_that_was_sent_is_answered_though_the_server_stops(
    serve: Serve, indexed: Path, workers: int
) -> None:
    answered: list[int] = []
    lost: list[str] = []
    never_accepted: list[str] = []

    def ask(port: int) -> None:
        body = json.dumps(QUERY).encode()
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            number = 0
            try:
                connection.connect()
            except OSError:  # the server has stopped listening, and no request was sent
                return
            try:
                for number in range(50):  # noqa: B007 — where it failed
                    connection.request("POST", "/api/search/text", body, {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    answered.append(answer.status)
                    if answer.getheader("Connection") == "close" or connection.sock is None:
                        break
            except (OSError, http.client.HTTPException) as error:
                # the system queues a connection before the server accepts it
                is_queued = isinstance(error, ConnectionResetError) and not number
                (never_accepted if is_queued else lost).append(repr(error))
                return
            finally:
                connection.close()

    with serve(indexed, "--workers", workers) as served:
        clients = [threading.Thread(target=ask, args=(served.port,)) for _ in range(8)]
        for client in clients:
            client.start()
        time.sleep(1.5)
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=60) == 0
        for client in clients:
            client.join()
    assert len(answered) > 8
    assert set(answered) == {200}
    assert lost == []
    assert len(never_accepted) <= 2


@pytest.mark.slow
def test_a_caller_that_sends_no_headers_is_hung_up_on(
    serve: Serve, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(indexed) as served:
        slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(50)]
        for one in slow:
            one.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert requests.get(f"{served.url}/health", timeout=60).status_code == 200  # the others do not wait for them
        slow[0].settimeout(protocol.HEADERS_S + 60)
        assert slow[0].recv(100) == b""
        for one in slow:
            one.close()


def test_what_is_no_http_is_answered_in_our_shape(serve: Serve, indexed: Path) -> None:
    attempts = [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /api/search/text HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ]
    with serve(indexed) as served:
        for attempt in attempts:
            with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
                connection.sendall(attempt)
                answer = connection.makefile("rb").read()
                assert answer.startswith(b"HTTP/1.1 400"), (attempt[:40], answer)
                assert b'"code": "invalid_request"' in answer
        assert requests.get(f"{served.url}/health", timeout=60).status_code == 200


def test_a_header_without_end_is_cut_off(serve: Serve, indexed: Path) -> None:
    with serve(indexed) as served:
        sent = 0
        with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection, suppress(OSError):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ")
            while sent < 50_000_000:
                sent += connection.send(b"a" * 65_536)
        assert sent < 50_000_000
        assert requests.get(f"{served.url}/health", timeout=60).status_code == 200
