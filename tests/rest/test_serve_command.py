"""``twinlens serve`` as a process of its own: starting, stopping, workers, slow callers, fresh photos."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from PIL import Image

from rest.conftest import Serve
from twinlens.rest.process import protocol

pytestmark = pytest.mark.server
QUERY = {"query": "a red wall", "top_k": 2}


def refused(place: Path, *arguments: object) -> str:
    """The one line that ``twinlens serve`` says when it does not start."""
    line = [sys.executable, "-m", "twinlens", "serve", "--in", place, *arguments]
    done = subprocess.run([str(part) for part in line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_one_line_says_where_and_a_stop_ends_all(serve: Serve, indexed: Path, workers: int) -> None:
    with serve(indexed, "--workers", workers) as served:
        health = requests.get(f"{served.url}/health", timeout=10).json()
        assert health["num_images"] == 7
        for _ in range(8):
            assert requests.post(f"{served.url}/api/search/text", json=QUERY, timeout=30).json()["num_results"] == 2
        text = requests.get(f"{served.url}/metrics", timeout=10).text
        assert 'twinlens_requests_total{method="POST",route="/api/search/text",status="200"} 8.0' in text
        assert text.count("twinlens_process_memory_bytes{") == workers
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=30) == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{served.url}/health", timeout=5)


def test_a_worker_that_dies_is_replaced(serve: Serve, indexed: Path) -> None:
    import psutil

    with serve(indexed, "--workers", 2) as served:
        time.sleep(5.5)  # one that dies sooner would die again
        parent = psutil.Process(served.process.pid)

        def workers() -> set[int]:
            found = set()
            for child in parent.children():
                with suppress(psutil.NoSuchProcess):  # it has just died
                    if "spawn_main" in " ".join(child.cmdline()):
                        found.add(child.pid)
            return found

        first = workers()
        assert len(first) == 2
        psutil.Process(next(iter(first))).kill()
        deadline = time.monotonic() + 30
        statuses = []
        while time.monotonic() < deadline and (workers() <= first or len(workers()) < 2 or len(statuses) < 200):
            with suppress(requests.ConnectionError):  # it was connected to the one that died
                statuses.append(requests.post(f"{served.url}/api/search/text", json=QUERY, timeout=30).status_code)
        assert len(workers()) == 2
        assert not workers() <= first
        assert set(statuses) == {200}  # the new one takes callers when it can answer


def test_a_port_in_use_names_the_flag(indexed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(indexed, "--port", port)
    assert f"port {port} is taken" in said
    assert f"--port {port + 1}" in said


def test_what_keeps_it_from_starting_names_a_flag(indexed: Path, tmp_path: Path) -> None:
    assert "--in" in refused(tmp_path)
    assert "--model" in refused(indexed, "--model", tmp_path, "--port", 0)
    assert "--model" in refused(indexed, "--model", "nobody", "--port", 0, "--workers", 2)
    assert "--api-key" in refused(indexed, "--host", "0.0.0.0")
    assert "--host" in refused(indexed, "--host", "203.0.113.1", "--port", 0)


def test_two_keys_are_one_too_many(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("the-key-of-the-file")
    said = refused(indexed, "--port", 0, "--api-key", "another-key-0001", "--api-key-file", tmp_path / "key")
    assert "--api-key and --api-key-file both" in said
    monkeypatch.setenv("TWINLENS_API_KEY", "another-key-0001")
    monkeypatch.setenv("TWINLENS_API_KEY_FILE", str(tmp_path / "key"))
    assert "TWINLENS_API_KEY and TWINLENS_API_KEY_FILE both" in refused(indexed, "--port", 0)


@pytest.mark.parametrize("option", ["--api-key", "--api-key-file"])
def test_a_key_that_was_typed_wins_over_the_environment(
    serve: Serve, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    typed, other = "the-key-that-was-typed", "a-key-of-the-environment"
    (tmp_path / "typed").write_text(typed)
    (tmp_path / "other").write_text(other)
    monkeypatch.setenv("TWINLENS_API_KEY", other)
    monkeypatch.setenv("TWINLENS_API_KEY_FILE", str(tmp_path / "other"))
    with serve(indexed, option, typed if option == "--api-key" else tmp_path / "typed") as served:
        for key, status in ((typed, 200), (other, 401)):
            answer = requests.get(f"{served.url}/api/stats", headers={"X-API-Key": key}, timeout=10)
            assert answer.status_code == status


def test_a_thousand_idle_connections_keep_nobody_out(serve: Serve, indexed: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2500:
        pytest.skip(f"this machine allows {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))  # as a Mac begins with; the server inherits it
    try:
        with serve(indexed) as served:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            idle = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(1000)]
            assert requests.post(f"{served.url}/api/search/text", json=QUERY, timeout=10).status_code == 200
            for connection in idle:
                connection.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_damaged_model_is_named_before_anything_is_served(indexed: Path, tmp_path: Path) -> None:
    import shutil

    from twinlens.model.load import DEFAULT_BUNDLE

    bundle = Path(shutil.copytree(DEFAULT_BUNDLE, tmp_path / "bundle"))
    data = bytearray((bundle / "text.onnx").read_bytes())
    data[1000] ^= 255
    (bundle / "text.onnx").write_bytes(bytes(data))
    said = refused(indexed, "--model", bundle, "--port", 0)
    assert "damaged" in said
    assert "--model" in said


def test_photos_that_another_process_indexes_are_found_within_two_seconds(serve: Serve, library: Path) -> None:
    failures: list[str] = []
    stop = threading.Event()

    def search(url: str) -> None:
        with requests.Session() as session:
            while not stop.is_set():
                answer = session.post(f"{url}/api/search/text", json=QUERY, timeout=30)
                if answer.status_code != 200:
                    failures.append(answer.text)

    with serve(library) as served:
        clients = [threading.Thread(target=search, args=(served.url,)) for _ in range(8)]
        for client in clients:
            client.start()
        Image.new("RGB", (60, 40), (200, 30, 30)).save(library / "fresh.png")
        line = [sys.executable, "-m", "twinlens", "index", str(library)]
        subprocess.run(line, check=True, capture_output=True, timeout=120)
        deadline, found = time.monotonic() + 2, False
        while not found and time.monotonic() < deadline:
            answer = requests.post(f"{served.url}/api/search/text", json={"query": "red", "top_k": 50}, timeout=30)
            found = "fresh.png" in [result["image_id"] for result in answer.json()["results"]]
        stop.set()
        for client in clients:
            client.join()
    assert found
    assert failures == []


@pytest.mark.parametrize("workers", [1, 2])
def test_every_request_that_was_sent_is_answered_though_the_server_stops(
    serve: Serve, indexed: Path, workers: int
) -> None:
    answered: list[int] = []
    lost: list[str] = []
    never_accepted: list[str] = []

    def ask(port: int) -> None:
        body = json.dumps(QUERY).encode()
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
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


def test_a_caller_that_sends_no_headers_is_hung_up_on(
    serve: Serve, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(indexed) as served:
        slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(50)]
        for one in slow:
            one.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert requests.get(f"{served.url}/health", timeout=10).status_code == 200  # the others do not wait for them
        slow[0].settimeout(protocol.HEADERS_S + 10)
        started = time.monotonic()
        assert slow[0].recv(100) == b""
        assert time.monotonic() - started < protocol.HEADERS_S + 5
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
            with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
                connection.sendall(attempt)
                answer = connection.makefile("rb").read()
                assert answer.startswith(b"HTTP/1.1 400"), (attempt[:40], answer)
                assert b'"code": "invalid_request"' in answer
        assert requests.get(f"{served.url}/health", timeout=10).status_code == 200


def test_a_header_without_end_is_cut_off(serve: Serve, indexed: Path) -> None:
    with serve(indexed) as served:
        sent = 0
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection, suppress(OSError):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ")
            while sent < 50_000_000:
                sent += connection.send(b"a" * 65_536)
        assert sent < 50_000_000
        assert requests.get(f"{served.url}/health", timeout=10).status_code == 200
