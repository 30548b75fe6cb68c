"""Debian's Redis on a port that only this machine can reach, for one test."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from deploy.proxies import PATIENCE_S, ROOT, answers, find, free_port

# where scripts/proxies unpacks what it needs
_LIBRARIES = [str(folder) for folder in (ROOT / ".proxies/usr/lib").glob("*-linux-gnu*")]


@dataclass
class RunningRedis:
    """A server that a test can stop, freeze and start again.

    Attributes:
        folder: for its files.
        port: of this machine.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """For ``--limits``."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        line = [find("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        line += ["--dir", str(self.folder), "--daemonize", "no"]
        places = os.pathsep.join([*_LIBRARIES, os.environ.get("LD_LIBRARY_PATH", "")])
        environment = os.environ | {"LD_LIBRARY_PATH": places}
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + PATIENCE_S
        while not answers(self.port, is_tls=False):
            assert self.process.poll() is None, (self.folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "Redis has not started"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops it, as a machine that is switched off does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=PATIENCE_S)
