"""Keys and sessions of real servers, with one and with several processes."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from rest.conftest import Serve

pytestmark = pytest.mark.server
OLD, NEW = "the-key-of-yesterday", "the-key-of-today-000"
TRIES = 40  # on connections of their own, so that each worker answers some


def keys(file: Path, key: str) -> Path:
    file.write_text(f'[family]\nkey = "{key}"\nscopes = ["search"]\n')
    return file


def statuses(url: str, **options: object) -> set[int]:
    """How a call is answered, by whichever workers."""
    return {requests.get(f"{url}/api/stats", timeout=60, **options).status_code for _ in range(TRIES)}  # type: ignore[arg-type]


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_true()


@pytest.mark.parametrize("workers", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_keys_change_and_sessions_end_without_a_restart(
    serve: Serve, indexed: Path, tmp_path: Path, workers: int
) -> None:
    file = keys(tmp_path / "keys.toml", OLD)
    with serve(indexed, "--keys", file, "--workers", workers) as served:
        sessions = []
        for _ in range(2):
            signed_in = requests.post(f"{served.url}/api/session", json={"key": OLD}, timeout=60)
            sessions.append(signed_in.cookies.get_dict())
        assert statuses(served.url, cookies=sessions[0]) == {200}
        requests.delete(f"{served.url}/api/session", cookies=sessions[0], timeout=60)
        assert statuses(served.url, cookies=sessions[0]) == {401}
        assert statuses(served.url, cookies=sessions[1]) == {200}
        keys(file, NEW)
        until(lambda: statuses(served.url, headers={"X-API-Key": NEW}) == {200})
        assert statuses(served.url, cookies=sessions[1]) == {401}
        assert statuses(served.url, headers={"X-API-Key": NEW}) == {200}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_hangup_reads_the_keys_and_ends_nothing(serve: Serve, indexed: Path, tmp_path: Path) -> None:
    file = keys(tmp_path / "keys.toml", OLD)
    with serve(indexed, "--keys", file) as served:
        keys(file, NEW)
        os.kill(served.process.pid, signal.SIGHUP)
        until(lambda: requests.get(f"{served.url}/api/stats", headers={"X-API-Key": NEW}, timeout=60).ok)
        assert served.process.poll() is None


def test_a_key_file_is_read_again_too(serve: Serve, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(OLD)
    with serve(indexed, "--api-key-file", tmp_path / "key") as served:
        assert statuses(served.url, headers={"X-API-Key": OLD}) == {200}
        (tmp_path / "key").write_text(NEW)
        until(lambda: requests.get(f"{served.url}/api/stats", headers={"X-API-Key": NEW}, timeout=60).ok)
        assert requests.get(f"{served.url}/api/stats", headers={"X-API-Key": OLD}, timeout=60).status_code == 401
