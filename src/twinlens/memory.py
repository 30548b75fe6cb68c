"""Memory that this process holds."""

import os
from pathlib import Path


def held_memory_bytes() -> int | None:
    """Resident memory of this process, shared pages included; on macOS the highest so far; None if nothing tells it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return _highest_memory_bytes()


def _highest_memory_bytes() -> int | None:
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, which has no /proc
