"""Decoder processes: whatever happens in one is an error about one photo, and never our end."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from twinlens.data.guarded.guard import GROWN_BYTES, Guard
from twinlens.data.guarded.limits import Limits
from twinlens.errors import DecoderError, PhotoCrashError, PhotoTooLargeError, PhotoTooSlowError

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits memory")
unix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals or timers")
PARENT = """
import sys, time
from twinlens.data.guarded.guard import Guard
guard = Guard(processes=2)
ids = [guard.run(__import__("os").getpid)]
import threading
threading.Thread(target=guard.run, args=(time.sleep, 600), daemon=True).start()
while len(guard._all) < 1 or guard._free:
    time.sleep(0.01)
print(guard._all.copy().pop()._process.pid, flush=True)
time.sleep(600)
"""


def held() -> list[int]:
    """A function that keeps memory for good, as a library that leaks does."""
    kept = np.ones(GROWN_BYTES // 8 + 10_000_000)
    held_arrays.append(kept)
    return [os.getpid()]


held_arrays: list[np.ndarray] = []


def test_a_value_and_an_error_come_back_as_they_are() -> None:
    with Guard() as guard:
        assert guard.run(divmod, 17, 5) == (3, 2)
        with pytest.raises(ZeroDivisionError):
            guard.run(divmod, 1, 0)
        with pytest.raises(TypeError, match="cannot be sent"):
            guard.run(threading.Lock)
        assert guard.run(os.getpid) != os.getpid()


@pytest.mark.parametrize("end", [(os.abort,), (os._exit, 3), (signal.raise_signal, signal.SIGTERM)])
def test_a_crash_is_an_error_and_the_next_photo_is_decoded(end: tuple[object, ...]) -> None:
    with Guard() as guard:
        with pytest.raises(PhotoCrashError, match="crashes the decoder"):
            guard.run(*end)
        assert guard.run(len, "abc") == 3


def test_what_hangs_is_killed() -> None:
    with Guard(Limits(cpu_s=1, wall_s=0.5)) as guard:
        with pytest.raises(PhotoTooSlowError, match="takes more than 1 s"):
            guard.run(time.sleep, 600)
        assert guard.run(len, "abc") == 3


@unix_only
def test_what_computes_too_long_is_killed_by_its_cpu_time() -> None:
    with Guard(Limits(cpu_s=0.2, wall_s=600)) as guard, pytest.raises(PhotoTooSlowError):
        guard.run(sum, range(10**12))


@linux_only
def test_what_takes_too_much_memory_is_refused() -> None:
    with Guard(Limits(memory_bytes=200_000_000)) as guard:
        assert len(guard.run(bytes, 50_000_000)) == 50_000_000
        with pytest.raises(MemoryError):
            guard.run(bytearray, 300_000_000)
        assert guard.run(len, "abc") == 3


@unix_only
def test_the_system_may_kill_a_decoder() -> None:
    with Guard() as guard, pytest.raises(PhotoTooLargeError, match="memory"):
        guard.run(signal.raise_signal, signal.SIGKILL)


@unix_only
def test_a_decoder_that_died_while_it_was_idle_is_nobodys_fault() -> None:
    with Guard() as guard:
        os.kill(guard.run(os.getpid), signal.SIGKILL)
        assert guard.run(len, "abc") == 3


@linux_only
def test_a_decoder_that_keeps_memory_is_replaced() -> None:
    with Guard() as guard:
        first = guard.run(os.getpid)
        assert guard.run(os.getpid) == first
        grown = guard.run(held)[0]
        assert guard.run(os.getpid) != grown


def test_never_more_processes_than_allowed_and_no_more_than_needed() -> None:
    with Guard(processes=2) as guard, ThreadPoolExecutor(8) as threads:
        assert len({guard.run(os.getpid) for _ in range(5)}) == 1
        assert len(set(threads.map(lambda _: guard.run(os.getpid), range(40)))) <= 2


def test_closing_ends_what_is_running_at_once_and_leaves_no_process() -> None:
    guard = Guard(processes=2)
    guard.run(len, "")
    with ThreadPoolExecutor(2) as threads:
        sleeping = [threads.submit(guard.run, time.sleep, 600) for _ in range(2)]
        while len(guard._all) < 2:
            time.sleep(0.01)
        started = [psutil.Process(decoder._process.pid) for decoder in guard._all]
        guard.close()
        assert all(future.exception() is not None for future in sleeping)
    assert not any(process.is_running() for process in started)
    with pytest.raises(DecoderError, match="closed"):
        guard.run(len, "")


def test_decoders_end_with_their_parent_even_if_that_is_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        decoder = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    while decoder.is_running() and decoder.status() != psutil.STATUS_ZOMBIE:  # of whoever adopts orphans
        time.sleep(0.05)


@unix_only
def test_after_a_fork_each_process_has_decoders_of_its_own() -> None:
    with Guard() as guard:
        ours = guard.run(os.getpid)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, str(guard.run(os.getpid)).encode())
                guard.close()
            finally:
                os._exit(0)
        assert int(os.read(reading, 20)) != ours
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
        assert guard.run(os.getpid) == ours


@pytest.mark.skipif(os.name == "nt", reason="paths there are not the same")
def test_a_file_in_the_current_folder_is_not_taken_for_a_module(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('a photo folder may contain anything')", "utf-8")
    monkeypatch.chdir(tmp_path)
    with Guard() as guard:
        assert guard.run(len, "abc") == 3
