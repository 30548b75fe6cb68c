"""Which process writes something, so that others can tell when it has ended."""

import json
import os
import sys
from functools import cache
from pathlib import Path


def this_process() -> str:
    """Names this process, on this machine, for ``was_ended``."""
    return json.dumps({"pid": os.getpid(), "started": _started(os.getpid()), "machine": _machine()})


def was_ended(process: str) -> bool:
    """True if a process of this machine is known to have ended.

    False if it may still run: it belongs to another machine or container, or the system does not tell.

    Args:
        process: as ``this_process`` named it.
    """
    try:
        told = json.loads(process)
        pid, started, machine = int(told["pid"]), told["started"], told["machine"]
    except (ValueError, KeyError, TypeError):
        return False
    if machine is None or machine != _machine():
        return False
    return not _exists(pid) or _started(pid) not in (started, None)  # one that started later is another one


@cache
def _machine() -> str | None:
    """This boot of this machine, and the container; None if the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115 - it is no path
    except OSError:
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return _stat(pid)[:1] != ["Z"]  # it has ended, but nobody has asked how


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks since the boot; None if the system does not tell."""
    fields = _stat(pid)
    return fields[19] if fields else None


def _stat(pid: int) -> list[str]:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return line.rpartition(")")[2].split()  # the name before it may contain spaces and brackets
