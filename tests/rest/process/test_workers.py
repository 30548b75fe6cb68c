"""Several processes on one socket."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from rest.conftest import Serve

pytestmark = pytest.mark.server
QUERY = {"query": "a red wall", "top_k": 2}
PATIENCE_S = 120


def workers_of(pid: int) -> set[int]:
    import psutil

    found = set()
    for child in psutil.Process(pid).children():
        with suppress(psutil.NoSuchProcess):  # it has just died
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


def status_of(url: str) -> int | None:
    """None if the connection was one to a worker that died."""
    with suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return requests.post(f"{url}/api/search/text", json=QUERY, timeout=60).status_code
    return None


@pytest.mark.parametrize("how", ["SIGKILL", pytest.param("SIGTERM", marks=pytest.mark.slow)])
@pytest.mark.skipif(os.name == "nt", reason="signals are of Unix")
def test_a_worker_that_is_killed_just_after_it_started_is_replaced(serve: Serve, indexed: Path, how: str) -> None:
    with serve(indexed, "--workers", 2) as served:
        first = workers_of(served.process.pid)
        os.kill(min(first), getattr(signal, how))
        statuses = []

        def is_whole() -> bool:
            statuses.append(status_of(served.url))
            found = workers_of(served.process.pid)
            return len(found) == 2 and found != first

        until(is_whole)
        assert {one for one in statuses if one is not None} <= {200}


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are of Unix")
def test_workers_that_are_killed_at_any_moment_are_replaced(serve: Serve, indexed: Path) -> None:
    chance = random.Random(1)
    with serve(indexed, "--workers", 2) as served:
        statuses: list[int | None] = []
        for _ in range(12):
            until(lambda: bool(workers_of(served.process.pid)))
            os.kill(chance.choice(sorted(workers_of(served.process.pid))), signal.SIGKILL)
            ends = time.monotonic() + chance.uniform(0, 0.8)  # some while it answers, some before it is ready
            while time.monotonic() < ends:
                statuses.append(status_of(served.url))
        assert served.process.poll() is None
        until(lambda: len(workers_of(served.process.pid)) == 2)
        until(lambda: [status_of(served.url) for _ in range(20)] == [200] * 20)
        assert {one for one in statuses if one is not None} <= {200}


@pytest.mark.skipif(os.name == "nt", reason="signals are of Unix")
def test_workers_that_cannot_start_end_the_server_with_the_reason(indexed: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "twinlens", "serve", "--in", indexed, "--model", "nobody", "--workers", 2]
    done = subprocess.run([str(part) for part in line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "--model" in done.stderr


def test_nothing_in_the_current_folder_is_run(indexed: Path, own_home: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "program.py"  # as the installed command: Python looks beside it, not here
    program.parent.mkdir()
    program.write_text("from twinlens.cli.main import main\nif __name__ == '__main__':\n    main()")
    here = tmp_path / "photos of a stranger"
    here.mkdir()
    (here / "multiprocessing.py").write_text("open('was_run', 'w')")
    line = [sys.executable, program, "serve", "--in", indexed, "--port", "0", "--workers", "2"]
    process = subprocess.Popen([str(part) for part in line], stdout=subprocess.PIPE, text=True, cwd=here)
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "it did not start"
        assert [file.name for file in here.iterdir()] == ["multiprocessing.py"]
    finally:
        process.terminate()
        process.communicate(timeout=60)
