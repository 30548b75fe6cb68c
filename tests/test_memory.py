"""Memory that this process holds, as commands and the server's metrics tell it."""

import sys
from pathlib import Path

import pytest

from twinlens import memory


def test_it_is_that_of_this_process() -> None:
    psutil = pytest.importorskip("psutil")
    held = memory.held_memory_bytes()
    assert held is not None
    assert held == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)


def test_without_proc_it_is_the_highest_so_far_and_without_that_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "Path", lambda name: Path(f"/nowhere{name}"))
    assert (memory.held_memory_bytes() or 1) > 0
    monkeypatch.setitem(sys.modules, "resource", None)
    assert memory.held_memory_bytes() is None
