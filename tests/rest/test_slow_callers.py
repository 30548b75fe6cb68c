"""Callers that send slowly, read nothing, or send what two readers would read in two ways; others do not wait."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import requests

from rest.served_library import server_of
from twinlens.rest.gate import callers
from twinlens.rest.gate.limits import body_limit
from twinlens.rest.process import protocol
from twinlens.rest.process.server import Server
from twinlens.rest.settings import Settings

pytestmark = pytest.mark.server
SEARCH = b"POST /api/search/text HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def served(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server that waits for a second where others wait for a minute, with one photo that is large."""
    library = Path(copytree(indexed, tmp_path_factory.mktemp("slow") / "photos"))
    with (library / "black.png").open("ab") as photo:
        photo.write(bytes(24_000_000))  # more than the system keeps for a connection
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((body_limit, "FIRST_S"), (protocol, "HEADERS_S"), (protocol, "UNREAD_S")):
            patch.setattr(module, name, 1.0)
        with server_of(library, Settings(port=0)) as running:
            yield running


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    """The status and what came, until the server hangs up."""
    came = connection.makefile("rb").read()
    return int(came.split(b" ", 2)[1]), came


def test_a_body_that_comes_too_slowly_is_408(served: tuple[Server, str]) -> None:
    _, url = served
    with connect(url) as connection:
        connection.sendall(SEARCH + b"Content-Length: 1000\r\n\r\n{")
        assert requests.get(f"{url}/health", timeout=60).status_code == 200
        status, came = answer_on(connection)
    assert status == 408
    assert b'"code":"slow_request"' in came


def test_a_body_that_drips_is_408_though_something_always_comes(served: tuple[Server, str]) -> None:
    _, url = served
    with connect(url) as connection:
        connection.sendall(SEARCH + b"Content-Length: 1000\r\n\r\n")
        started = time.monotonic()
        connection.settimeout(0.05)
        came = b""
        while not came and time.monotonic() - started < 60:
            try:
                connection.sendall(b" ")
                came = connection.recv(1000)
            except TimeoutError:
                continue
    assert came.startswith(b"HTTP/1.1 408")


def test_headers_that_come_too_slowly_end_the_connection(served: tuple[Server, str]) -> None:
    _, url = served
    with connect(url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert connection.recv(100) == b""


def test_a_reader_that_never_reads_is_hung_up_on(served: tuple[Server, str]) -> None:
    server, url = served
    with connect(url) as connection:
        connection.sendall(b"GET /api/image/black.png HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deadline = time.monotonic() + 60
        while not server.server_state.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        assert requests.get(f"{url}/health", headers={"Connection": "close"}, timeout=60).status_code == 200
        while server.server_state.connections and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not server.server_state.connections


def test_many_idle_callers_keep_nobody_out(served: tuple[Server, str]) -> None:
    _, url = served
    idle = [connect(url) for _ in range(200)]
    assert requests.post(f"{url}/api/search/text", json={"query": "a dog"}, timeout=60).status_code == 200
    for connection in idle:
        connection.close()


def test_connections_beyond_the_most_of_one_address_are_closed_and_places_come_back(
    served: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = served
    for _ in range(100):
        if not server.server_state.connections:
            break
        time.sleep(0.05)
    monkeypatch.setattr(callers, "MOST_OF_THIS_MACHINE", 20)
    monkeypatch.setattr(protocol, "HEADERS_S", 30.0)
    held = [connect(url) for _ in range(20)]
    refused = [connect(url) for _ in range(5)]
    assert [connection.recv(1) for connection in refused] == [b""] * 5
    held[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer_on(held[0])[0] == 200
    assert requests.get(f"{url}/health", headers={"Connection": "close"}, timeout=60).status_code == 200
    for connection in held + refused:
        connection.close()


def test_a_trusted_proxy_may_hold_as_many_connections_as_it_likes(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MOST_OF_THIS_MACHINE", 20)
    with server_of(indexed, Settings(port=0, trusted_proxies=("127.0.0.0/8",))) as (_, url):
        held = [connect(url) for _ in range(30)]
        for connection in held:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert {answer_on(connection)[0] for connection in held} == {200}
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
    ],
)
def test_a_request_with_two_lengths_is_refused_and_nothing_after_it_is_read(
    served: tuple[Server, str], lengths: bytes
) -> None:
    hidden = b"GET /api/stats HTTP/1.1\r\nHost: localhost\r\n\r\n"
    _, url = served
    with connect(url) as connection:
        connection.sendall(SEARCH + lengths % (5 + len(hidden)) + b"\r\n0\r\n\r\n" + hidden)
        status, came = answer_on(connection)
    assert status == 422
    assert came.count(b"HTTP/1.1 ") == 1
    assert b"num_images" not in came


@pytest.mark.parametrize("encoding", [b"gzip, chunked", b"identity", b"xchunked", b"chunked, chunked"])
def test_an_encoding_that_is_not_read_is_no_request(served: tuple[Server, str], encoding: bytes) -> None:
    _, url = served
    with connect(url) as connection:
        connection.sendall(SEARCH + b"Transfer-Encoding: " + encoding + b"\r\n\r\n0\r\n\r\n")
        status, came = answer_on(connection)
    assert status in (400, 501)
    assert b"num_results" not in came


def test_headers_of_proxies_that_nobody_named_change_nothing(indexed: Path) -> None:
    claims = [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "198.51.100.9, 127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"X-Original-URL": "/health"},
        {"X-HTTP-Method-Override": "OPTIONS"},
    ]
    limited = Settings(port=0, api_key="a-key-of-the-test-01", requests_per_minute=len(claims))
    with server_of(indexed, limited) as (_, url):
        answers = [requests.get(f"{url}/api/stats", headers=claim, timeout=60) for claim in claims]
        one_more = requests.get(f"{url}/health", headers={"X-Forwarded-For": "203.0.113.77"}, timeout=60)
    assert [answer.status_code for answer in answers] == [401] * len(claims)  # the key is wanted all the same
    assert one_more.status_code == 429  # and all of them were one client


def test_without_a_key_a_trusted_proxy_decides_who_comes_in(indexed: Path) -> None:
    settings = Settings(port=0, trusted_proxies=("127.0.0.1",), allowed_hosts=("photos.example.org",))
    headers = {"Host": "photos.example.org", "X-Forwarded-For": "203.0.113.7"}
    with server_of(indexed, settings) as (_, url):
        assert requests.get(f"{url}/api/stats", headers=headers, timeout=60).status_code == 200
