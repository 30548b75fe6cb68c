"""A real Milvus server on this machine, of PyPI's package ``milvus``; one serves all test processes.

There can only be one: its ports are fixed.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from filelock import FileLock

PATIENCE_S = 240  # cores may be shared with other work
_PROGRAM = """
import json, os, signal, sys, time
from pathlib import Path
from milvus import MilvusServer
folder = Path(sys.argv[1])
server = MilvusServer(debug=False)
server.set_base_dir(str(folder / "server"))
server.start()
partial = folder / "partial.json"
partial.write_text(json.dumps({"port": server.listen_port}))
partial.rename(folder / "running.json")

def is_used(user):
    try:
        os.kill(int(user.name), 0)
    except ProcessLookupError:
        return False
    return True

while any(map(is_used, (folder / "users").iterdir())):
    time.sleep(0.5)
server.server_proc.kill()  # its own end takes half a minute
"""


class RunningMilvus:
    """A use of the server, which is started by the first use and ends after the last one.

    Args:
        folder: shared by the test processes.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._user = folder / "users" / str(os.getpid())
        with FileLock(folder / "start.lock"):
            self._user.parent.mkdir(exist_ok=True)
            self._user.touch()
            if not (running := folder / "running.json").exists():
                self._start(folder, running)
        self.port = int(json.loads(running.read_text())["port"])

    def _start(self, folder: Path, running: Path) -> None:
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(folder)], stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + PATIENCE_S
        while not running.exists():
            assert process.poll() is None, f"Milvus has not started: {(folder / 'log').read_text()}"
            assert time.monotonic() < until, "Milvus has not started"
            time.sleep(0.2)
        process.returncode = 0  # it ends after us: no warning of a process that still runs

    def close(self) -> None:
        """This process needs it no more."""
        self._user.unlink()
