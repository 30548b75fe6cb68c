"""What a request asks for, below a path and in absolute form."""

import asyncio
import socket
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from rest.served_library import KEY, client_of, code, server_of
from twinlens.errors import ConfigError
from twinlens.rest.gate.target import Target
from twinlens.rest.settings import BY_PROXY, Settings


def reached(path: str, *, root_path: str = "", prefix: str = "", by_proxy: bool = True) -> tuple[str, str]:
    """The root path and the path that an application behind ``Target`` sees."""
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"x-forwarded-prefix", prefix.encode())],
        "state": {BY_PROXY: by_proxy},
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    async def nothing(*_: object) -> Message:
        raise AssertionError

    asyncio.run(Target(app, root_path=root_path)(scope, nothing, nothing))  # type: ignore[arg-type]
    return scope.get("root_path", ""), scope["path"]


@pytest.mark.parametrize("path", ["/api/stats", "/photos/api/stats"])
def test_a_proxy_may_pass_the_path_on_or_remove_it(path: str) -> None:
    assert reached(path, root_path="/photos") == ("/photos", "/photos/api/stats")
    assert reached(path, prefix="/photos") == ("/photos", "/photos/api/stats")
    assert reached(path, prefix="/photos/") == ("/photos", "/photos/api/stats")


def test_a_path_that_only_begins_alike_is_another() -> None:
    assert reached("/photosets", root_path="/photos") == ("/photos", "/photos/photosets")


def test_only_a_trusted_proxy_says_where_the_server_is() -> None:
    assert reached("/api/stats", prefix="/photos", by_proxy=False) == ("", "/api/stats")
    for odd in ("/api", "/static/x", "//evil.example", "/a/../b", "photos", "/a b", "/é", "/\r\n"):
        assert reached("/api/stats", prefix=odd) == ("", "/api/stats")


@pytest.mark.parametrize("odd", ["photos", "/api", "/a/../b", "/a?b", "https://example.org/photos"])
def test_a_root_path_that_cannot_be_one_is_refused(odd: str) -> None:
    with pytest.raises(ConfigError, match="--root-path must look like /photos"):
        Settings(root_path=odd)
    assert Settings(root_path="/photos/").root_path == "/photos"


def test_the_key_is_wanted_below_a_path_too(indexed: Path) -> None:
    with client_of(indexed, Settings(api_key=KEY, root_path="/photos")) as client:
        for before in ("", "/photos"):
            assert client.get(f"{before}/api/stats").status_code == 401
            assert client.get(f"{before}/health").status_code == 200
            assert client.get(f"{before}/api/stats", headers={"X-API-Key": KEY}).status_code == 200


def test_redirects_and_descriptions_stay_below_the_path(indexed: Path) -> None:
    with client_of(indexed, Settings(root_path="/photos")) as client:
        for asked, location in (("/photos", "/photos/"), ("/photos?a=1", "/photos/?a=1"), ("/docs/", "/photos/docs")):
            answer = client.get(asked, follow_redirects=False)
            assert (answer.status_code // 100, answer.headers["location"]) == (3, location)
        assert client.get("/photos/openapi.json").json()["servers"] == [{"url": "/photos"}]


@pytest.mark.server
def test_an_absolute_target_is_the_path_in_it_and_its_host_counts(indexed: Path) -> None:
    def answer_to(port: int, target: str, host: str) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return connection.makefile("rb").read()

    with server_of(indexed, Settings(port=0)) as (_, url):
        port = int(url.rpartition(":")[2])
        for target in (f"{url}/api/photo/beach%2Fred.png", f"HTTP://LOCALHOST:{port}/api/photos?top_k=1"):
            assert answer_to(port, target, "elsewhere.example").startswith(b"HTTP/1.1 200")
        assert b">twinlens</title>" in answer_to(port, url, "localhost")
        assert b'"host_not_allowed"' in answer_to(port, "http://elsewhere.example/api/stats", "localhost")
        assert b'"host_not_allowed"' in answer_to(port, "http://me@localhost/api/stats", "localhost")


def test_the_port_in_host_may_be_any_unless_one_was_named(indexed: Path) -> None:
    named = Settings(allowed_hosts=("photos.example.org", "other.example:8443"))
    with client_of(indexed, named) as client:
        for host in (
            "photos.example.org",
            "photos.example.org:8443",
            "OTHER.example:8443",
            "localhost:1",
            "[::1]:5000",
        ):
            assert client.get("/health", headers={"Host": host}).status_code == 200, host
        for host in ("other.example", "other.example:443", "photos.example.org:x"):
            assert code(client.get("/health", headers={"Host": host})) == "host_not_allowed", host


def test_the_usual_port_in_host_is_the_one_that_an_origin_leaves_out(indexed: Path) -> None:
    with client_of(indexed, Settings(allowed_hosts=("photos.example.org",))) as client:
        headers = Headers({"Host": "photos.example.org:80", "Origin": "http://photos.example.org"})
        assert client.post("/api/search/text", json={"query": "a"}, headers=headers).status_code == 200
