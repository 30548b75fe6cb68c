"""SIGHUP: the server goes on, opens its log file again, and runs what is to be read again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from fastapi import FastAPI

from rest.conftest import Serve
from twinlens.errors import ConfigError
from twinlens.rest.app import create_app
from twinlens.rest.process.server import Server
from twinlens.rest.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")]
PATIENCE_S = 60


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_after_a_hangup_the_server_goes_on_in_a_new_log_file(
    serve: Serve, indexed: Path, tmp_path: Path, workers: int
) -> None:
    log, rotated = tmp_path / "serve.log", tmp_path / "serve.log.1"
    with serve(indexed, "--log-file", log, "--workers", workers) as served:
        assert requests.get(f"{served.url}/health", timeout=60).status_code == 200
        log.rename(rotated)
        served.process.send_signal(signal.SIGHUP)

        def is_new() -> bool:
            assert requests.get(f"{served.url}/api/stats", timeout=60).status_code == 200
            return log.exists() and "/api/stats" in log.read_text()

        until(is_new)
        assert served.process.poll() is None


def test_what_cannot_be_read_again_stays_as_it_was(indexed: Path, caplog: pytest.LogCaptureFixture) -> None:
    app: FastAPI = create_app(indexed, settings=Settings())
    server = Server(app, Settings())
    ran = []

    def fails() -> None:
        raise ConfigError("the key file is gone")

    app.state.on_reload += [fails, lambda: ran.append(True)]
    server.handle_hangup()
    assert ran == [True]
    assert "the key file is gone" in caplog.text
    assert not server.should_exit
    app.state.engine.collection.close()


def test_closing_its_terminal_ends_it(indexed: Path) -> None:
    import pty

    line = [sys.executable, "-m", "twinlens", "serve", "--in", str(indexed), "--port", "0"]
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run below nohup
        os.execv(sys.executable, line)
    said = b""
    while b"\n" not in said.partition(b'{"event"')[2]:
        said += os.read(terminal, 1000)
    told = json.loads(said[said.index(b'{"event"') :].split(b"\r\n")[0])
    assert requests.get(f"{told['url']}/health", timeout=60).status_code == 200
    os.close(terminal)
    ended: list[int] = []

    def is_gone() -> bool:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended.append(os.waitstatus_to_exitcode(status))
        return bool(found)

    try:
        until(is_gone)
    finally:
        if not ended:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    assert ended == [0]


@pytest.mark.slow
def test_nohup_keeps_it_from_ending(indexed: Path) -> None:
    line = ["nohup", sys.executable, "-m", "twinlens", "serve", "--in", str(indexed), "--port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGHUP)
        assert requests.get(f"{url}/health", timeout=60).status_code == 200
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate(timeout=60)
