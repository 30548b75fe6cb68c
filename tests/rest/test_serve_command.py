"""``twinlens serve`` as a process of its own: starting, stopping, workers, slow callers, fresh photos."""

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from PIL import Image

from rest.conftest import Serve

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


def test_a_port_in_use_names_the_flag(indexed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(indexed, "--port", port)
    assert f"port {port} is taken" in said
    assert f"--port {port + 1}" in said


def test_what_keeps_it_from_starting_names_a_flag(indexed: Path, tmp_path: Path) -> None:
    assert "--in" in refused(tmp_path / "nowhere")
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
        deadline, found = time.monotonic() + 60, False
        while not found and time.monotonic() < deadline:
            answer = requests.post(f"{served.url}/api/search/text", json={"query": "red", "top_k": 50}, timeout=30)
            found = "fresh.png" in [result["image_id"] for result in answer.json()["results"]]
        stop.set()
        for client in clients:
            client.join()
    assert found
    assert failures == []
