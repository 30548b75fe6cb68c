"""What ``deploy/`` starts: the container's entry point, run here without a container."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from rest.served_library import draw

DEPLOY = Path(__file__).parents[2] / "deploy"
KEY_LINE = "no TWINLENS_API_KEY came; the key is "


def path_to_twinlens() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@contextmanager
def entry_point(photos: Path, data: Path, **environment: str) -> Iterator[tuple[str, list[str]]]:
    """The address of what it starts, and what it says on stderr until then."""
    environment = {
        **os.environ,
        "PATH": path_to_twinlens(),
        "TWINLENS_HOME": str(data),
        "TWINLENS_PHOTOS": str(photos),
        **environment,
    }
    process = subprocess.Popen(
        ["sh", str(DEPLOY / "entrypoint.sh"), "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    reading = threading.Thread(target=lambda stream: said.extend(stream), args=(process.stderr,))
    reading.start()
    try:
        ready = process.stdout.readline()
        assert ready, said
        yield f"http://localhost:{json.loads(ready)['port']}", said
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # as when a container ends: all its processes
        process.wait(timeout=60)
        reading.join(timeout=60)
        process.stdout.close()
        process.stderr.close()


def found(url: str, key: str) -> list[str]:
    answer = requests.post(f"{url}/api/search/text", json={"query": "a wall"}, headers={"X-API-Key": key}, timeout=60)
    return [result["image_id"] for result in answer.json()["results"]]


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the container runs Linux")
def test_the_container_makes_a_key_keeps_it_and_indexes_while_it_serves(tmp_path: Path) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    draw(photos / "red.png", (200, 30, 30))
    data.mkdir()
    with entry_point(photos, data) as (url, said):
        assert requests.get(f"{url}/health", timeout=60).status_code == 200
        assert requests.get(f"{url}/api/stats", timeout=60).status_code == 401
        key = (data / "api-key").read_text().strip()
        assert any(key in line for line in said if line.startswith(KEY_LINE))
        assert found(url, key) == ["red.png"]
    assert list(photos.iterdir()) == [photos / "red.png"]
    assert (data / "api-key").stat().st_mode & 0o077 == 0
    with entry_point(photos, data, TWINLENS_API_KEY="a-key-from-the-environment") as (url, said):
        assert found(url, "a-key-from-the-environment") == ["red.png"]
        assert requests.get(f"{url}/api/stats", headers={"X-API-Key": key}, timeout=60).status_code == 401
    assert not [line for line in said if line.startswith(KEY_LINE)]


@pytest.mark.skipif(os.name == "nt", reason="the container runs Linux")
def test_a_container_without_photos_says_so_and_ends(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": path_to_twinlens(), "TWINLENS_HOME": str(tmp_path)}
    line = ["sh", str(DEPLOY / "entrypoint.sh")]
    done = subprocess.run(
        line,
        env={**environment, "TWINLENS_PHOTOS": str(tmp_path / "missing")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "missing does not exist" in done.stderr


def test_the_dockerfile_copies_what_is_there_and_what_the_builder_is_sent() -> None:
    dockerfile, sent = (DEPLOY / name for name in ("Dockerfile", "Dockerfile.dockerignore"))
    copied = [
        source
        for line in dockerfile.read_text().splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
        if not source.startswith("--")
    ]
    assert sorted(copied) == sorted(line[1:] for line in sent.read_text().splitlines() if line.startswith("!"))
    for source in copied:
        assert (DEPLOY.parent / source).exists()


def test_the_image_runs_as_nobody_special_and_watches_its_health() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert "USER twinlens" in lines
    assert lines.index("USER twinlens") < lines.index('ENTRYPOINT ["serve-photos"]')
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert not any("API_KEY" in line for line in lines)  # no key is baked in
