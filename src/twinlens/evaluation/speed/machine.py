"""What this machine has: cores, memory, arithmetic."""

import os
import time
from dataclasses import dataclass

import numpy as np

_ROWS, _WIDTH = 400, 768  # about what a ViT-B multiplies: eight photos of 50 patches
_TRIALS = 5


@dataclass(frozen=True)
class Machine:
    """A machine that embeds photos.

    Attributes:
        cores: that this process may use.
        memory_bytes: of the machine; None where the system does not say.
        gflops: float32 operations a second in matrix products, all cores together, in thousand millions.
    """

    cores: int
    memory_bytes: int | None
    gflops: float


def this_machine() -> Machine:
    """Looks at the machine, and measures its arithmetic for a moment."""
    return Machine(usable_cores(), total_memory_bytes(), measured_gflops())


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def total_memory_bytes() -> int | None:
    """Memory of the machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def measured_gflops() -> float:
    """The best of a few matrix products, all threads together."""
    generator = np.random.default_rng(0)
    first = generator.standard_normal((_ROWS, _WIDTH), dtype=np.float32)
    second = generator.standard_normal((_WIDTH, 4 * _WIDTH), dtype=np.float32)
    seconds = []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        first @ second
        seconds.append(time.perf_counter() - start)
    return 2 * _ROWS * _WIDTH * 4 * _WIDTH / min(seconds) / 1e9
