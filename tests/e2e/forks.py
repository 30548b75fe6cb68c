"""Processes of the program that begin with their imports done, which take most of a command's time.

One process imports what a search imports and forks for each run. The copy is the program in all else: its arguments,
folder, environment, streams and exit code are its own, and it ends as Python ends.
"""

import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# no onnxruntime: its import starts a thread, which no copy would have
IMPORTED = (
    *("numpy", "numpy.ma", "numpy.random", "PIL.Image", "numkong", "pydantic", "tokenizers", "rich.progress"),
    *("twinlens.cli.main", "twinlens.cli.commands.search", "twinlens.cli.commands.index", "twinlens.cli.index_run"),
    *("twinlens.api.searching", "twinlens.api.indexing", "twinlens.api.library"),
)
LARGEST_CALL = 1 << 20


class Forks:
    """The process that forks, started once for each test worker."""

    def __init__(self) -> None:
        self._calls, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            line = [sys.executable, "-P", __file__, str(theirs.fileno())]
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # no threads of its own
            self._process = subprocess.Popen(
                line, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )

    def run(self, arguments: Sequence[str], *, cwd: Path, timeout_s: float) -> "subprocess.CompletedProcess[str]":
        """Runs ``twinlens ARGUMENTS``, as ``subprocess.run`` does."""
        call = {"arguments": list(arguments), "cwd": str(cwd), "environment": dict(os.environ)}
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            socket.send_fds(self._calls, [json.dumps(call).encode()], [stdout.fileno(), stderr.fileno()])
            pid = self._told()
            self._calls.settimeout(timeout_s)
            try:
                code = self._told()
            except TimeoutError:
                os.kill(pid, 9)
                self._calls.settimeout(None)
                self._told()
                raise subprocess.TimeoutExpired(list(arguments), timeout_s) from None
            self._calls.settimeout(None)
            stdout.seek(0)
            stderr.seek(0)
            return subprocess.CompletedProcess(list(arguments), code, stdout.read(), stderr.read())

    def close(self) -> None:
        """Ends the process."""
        self._calls.close()
        self._process.wait()

    def _told(self) -> int:
        told = self._calls.recv(100)
        assert told, "the process that forks has ended"
        return int(told)


def take_calls(calls: socket.socket) -> dict[str, Any] | None:
    """Forks for each call; returns the call in the copy, None when there are no more."""
    while True:
        message, streams, *_ = socket.recv_fds(calls, LARGEST_CALL, 2)
        if not message:
            return None
        if (pid := os.fork()) == 0:
            calls.close()
            for number, stream in zip((1, 2), streams, strict=True):
                os.dup2(stream, number)
                os.close(stream)
            return dict(json.loads(message))
        for stream in streams:
            os.close(stream)
        calls.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        calls.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    call = take_calls(socket.socket(fileno=int(sys.argv[1])))
    if call:
        os.environ.clear()
        os.environ.update(call["environment"])
        time.tzset()
        os.chdir(call["cwd"])
        sys.path.insert(0, call["cwd"])  # as "python -m" does
        sys.argv[1:] = call["arguments"]
        runpy.run_module("twinlens", run_name="__main__", alter_sys=True)
