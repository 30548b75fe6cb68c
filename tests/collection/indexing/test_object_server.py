"""Photos on a real S3 server on loopback (moto's), and what is wrong with servers."""

import logging
import socket
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler

from conftest import ColourEncoder
from relay import Relay
from rest.served_library import client_of
from stored_photos import coloured
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.data.objects import storage
from twinlens.errors import PhotosMissingError

pytestmark = pytest.mark.server
KEYS = {"AWS_ACCESS_KEY_ID": "a-key", "AWS_SECRET_ACCESS_KEY": "a-secret", "AWS_DEFAULT_REGION": "us-east-1"}
ODD_KEYS = ("lib/é #?&'\"<b>+%20.png", r"lib/back\slash.png", "lib/x.png/inner.png", "lib/x.png")


class Server:
    """A server, what was asked of it, and a client to fill it."""

    def __init__(self, address: str, calls: Counter[str]) -> None:
        self.calls = calls
        options = {"aws_access_key_id": "a-key", "aws_secret_access_key": "a-secret", "region_name": "us-east-1"}
        self._client: Any = boto3.client("s3", endpoint_url=address, **options)

    def make(self, bucket: str, objects: dict[str, bytes]) -> None:
        """A bucket with objects."""
        self._client.create_bucket(Bucket=bucket)
        for key, content in objects.items():
            self._client.put_object(Bucket=bucket, Key=key, Body=content)
        self.calls.clear()

    def copy_over_itself(self, bucket: str, key: str) -> None:
        """Writes an object again as it is, with another label."""
        source = {"Bucket": bucket, "Key": key}
        self._client.copy_object(
            Bucket=bucket, Key=key, CopySource=source, Metadata={"a": "b"}, MetadataDirective="REPLACE"
        )
        self.calls.clear()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Counter[str]]]:
    """The address of a server, and its calls."""
    calls: Counter[str] = Counter()

    def count(handler: WSGIRequestHandler, *_: object) -> None:
        what = "LIST" if "list-type" in handler.path else handler.command
        calls[what] += 1

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequestHandler, "log_request", count)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}", calls
        server.stop()


@pytest.fixture(autouse=True)
def environment(served: tuple[str, Counter[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The usual variables lead to the server; connections of other tests are forgotten."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": served[0]}.items():
        monkeypatch.setenv(name, value)
    storage._storage.cache_clear()
    monkeypatch.setattr(storage, "FIRST_WAIT_S", 0.0)
    yield
    storage._storage.cache_clear()


@pytest.fixture
def server(served: tuple[str, Counter[str]]) -> Server:
    return Server(*served)


def test_a_bucket_on_a_server(server: Server, models: dict[str, ColourEncoder]) -> None:
    photos = {key: coloured("green", side=20 + 2 * number) for number, key in enumerate(ODD_KEYS)}
    more = {"lib/red.png": coloured("red"), "lib/in/blue.png": coloured("blue"), "lib/in/": b"", "lib/empty.jpg": b""}
    server.make("one", {**photos, **more, "lib//unnamed.png": coloured("white"), "other/white.png": coloured("white")})
    with Collection.create("s3://one/lib") as library:
        report = library.index()
        assert report.images == 6
        assert {file.path: file.reason for file in report.skipped} == {
            "//": "objects behind an empty name, to which no path leads",
            "empty.jpg": "empty file",
        }
        assert server.calls == {"LIST": 3, "GET": 7}  # an object is one call, and a folder of 1,000 is one
        assert {hit.id for hit in library.search("green", k=4)} == {key.removeprefix("lib/") for key in ODD_KEYS}
        (hit,) = library.search("blue", k=1)
        assert (str(hit.path), hit.path.read_bytes()) == ("s3://one/lib/in/blue.png", more["lib/in/blue.png"])
        server.calls.clear()
        server.copy_over_itself("one", "lib/red.png")
        assert library.index().unchanged == 6
        assert server.calls == {"LIST": 3}
        assert [hit.id for hit in library.similar(str(hit.path), k=5) if hit.id == "in/blue.png"] == []
        assert b"a-secret" not in b"".join(file.read_bytes() for file in library.path.rglob("*") if file.is_file())


def test_a_wrong_key_a_missing_bucket_and_a_closed_port(
    server: Server, models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make("two", {"red.png": coloured("red")})
    with Collection.create("s3://two") as library:
        library.index()
        with monkeypatch.context() as patch:
            patch.setenv("AWS_PROFILE", "nobody")
            patch.delenv("AWS_ACCESS_KEY_ID")
            storage._storage.cache_clear()
            with pytest.raises(PhotosMissingError, match=r"s3://two (refuses access|cannot be reached) .*nobody"):
                library.index()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            with monkeypatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
                storage._storage.cache_clear()
                with pytest.raises(PhotosMissingError, match="s3://two cannot be reached"):
                    library.index()
                assert [hit.id for hit in library.search("red", k=1)] == ["red.png"]
        storage._storage.cache_clear()
        assert library.index().unchanged == 1
    wanted = r"nothing at s3://no-such-bucket/lib .The specified bucket does"
    with Collection.create("s3://no-such-bucket/lib") as library, pytest.raises(PhotosMissingError, match=wanted):
        library.index()


def test_a_server_that_never_answers_is_given_up(
    models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "ANSWERED_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with Collection.create("s3://slow") as library, pytest.raises(PhotosMissingError, match="cannot be reached"):
            library.index()


def test_a_network_that_is_cut_in_the_middle_loses_nothing_and_holds_up_nobody(
    server: Server,
    served: tuple[str, Counter[str]],
    models: dict[str, ColourEncoder],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photos = {f"{number:02}.png": coloured("red", side=20 + number) for number in range(60)}
    server.make("cut", photos)
    monkeypatch.setattr(storage, "ANSWERED_S", 0.5)
    monkeypatch.setattr(storage, "AWAY_S", 0.0)
    with Relay(int(served[0].rpartition(":")[2])) as relay, Collection.create("s3://cut") as library:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{relay.port}")
        storage._storage.cache_clear()
        with pytest.raises(PhotosMissingError, match="cannot be reached"):
            library.index(listener=CutsAtFirst(relay))
        kept = len(library)
        assert 0 < kept < len(photos)
        with client_of(library) as client:
            started = time.monotonic()
            assert client.post("/api/search/text", json={"query": "red"}).status_code == 200
            answer = client.get("/api/image/00.png")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_missing")
            assert client.get("/health").json()["missing"] == "photos"
            assert client.get("/readyz").status_code == 200  # queries are answered
            assert time.monotonic() - started < 60
            relay.mend()
            assert client.get("/api/image/00.png").content == photos["00.png"]
            while "missing" in client.get("/health").json():  # it is asked now and then
                assert time.monotonic() - started < 120
                time.sleep(0.1)
            report = library.index()
        assert (report.added, report.unchanged, report.skipped) == (len(photos) - kept, kept, [])
        assert library.faults() == []


class CutsAtFirst(SilentListener):
    """Cuts the network when the first photos are stored."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def advanced(self, done: int, report: IndexReport) -> None:
        self._relay.cut()


def test_a_server_that_refuses_the_key_is_told_and_not_asked_again(
    models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                asked.append(caller.recv(65536))
                body = b"<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist</Message></Error>"
                head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
                caller.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse, args=(listener,), daemon=True)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with Collection.create("s3://locked") as library, pytest.raises(PhotosMissingError) as error:
            library.index()
        assert "s3://locked refuses access (The key does not exist)" in str(error.value)
        assert len(asked) == 1
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_folder_of_many_objects_is_listed_by_pages(
    server: Server, models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "4")
    server.make("pages", {f"lib/{number}.txt": b"" for number in range(10)} | {"lib/z.png": coloured("red")})
    with Collection.create("s3://pages/lib") as library:
        report = library.index()
        assert (report.images, len(report.skipped)) == (1, 10)
    assert server.calls["LIST"] == 3


@pytest.mark.thorough
def test_ten_thousand_objects_are_listed_in_bounded_memory(server: Server, models: dict[str, ColourEncoder]) -> None:
    server.make("many", {"lib/z.png": coloured("red")})
    (backend,) = (backends["aws"] for backends in s3_backends.values())
    for number in range(10_000):
        backend.put_object("many", f"lib/{number:05}.txt", b"")
    with Collection.create("s3://many/lib") as library:
        tracemalloc.start()
        try:
            report = library.index()
            _, most_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (report.images, len(report.skipped)) == (1, 10_000)
    assert server.calls["LIST"] == 11
    assert most_bytes < 100_000_000
