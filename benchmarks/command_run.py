"""Run a command as a process of its own: wall time, peak memory, output."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class CommandRun:
    """How one process went.

    Attributes:
        seconds: from start to exit, the interpreter's own start included.
        cpu_seconds: of all its threads together.
        peak_bytes: most memory resident at once; mapped files count as far as they were read.
        own_bytes: the same without mapped files, which take no memory that another program needs; looked at every
            few ms; 0 where that is not told, as it is on Linux.
        exit_code: of the command.
        stdout: of the command; its stderr goes to ours.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    own_bytes: int
    exit_code: int
    stdout: str


def run_command(command: Sequence[str]) -> CommandRun:
    """Runs a command to its end (POSIX only).

    Raises:
        RuntimeError: the command failed.
    """
    # Linux hands a parent's peak memory on to the process it starts, so a small launcher, this file, stands between.
    launcher = subprocess.run([sys.executable, __file__, *command], stdout=subprocess.PIPE, text=True, check=True)
    run = CommandRun(**json.loads(launcher.stdout))
    if run.exit_code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {run.exit_code}")
    return run


def _launch(command: Sequence[str]) -> CommandRun:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    own_bytes = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, own_bytes), daemon=True)
    watcher.start()
    stdout = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    unit_bytes = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    return CommandRun(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * unit_bytes,
        own_bytes[0],
        process.returncode,
        stdout,
    )


def _watch(process: int, most: list[int]) -> None:
    """Keeps the most memory of its own that a process has had, as long as it lives."""
    status = Path(f"/proc/{process}/status")
    while status.exists():
        try:
            told = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        except (OSError, UnicodeDecodeError):
            return
        if "RssAnon" not in told:  # it has ended
            return
        most[0] = max(most[0], int(told["RssAnon"].split()[0]) * 1024)
        time.sleep(0.005)


if __name__ == "__main__":
    print(json.dumps(asdict(_launch(sys.argv[1:]))))
