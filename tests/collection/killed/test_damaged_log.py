"""After a kill the write-ahead log is lost, cut or overwritten, too: an earlier state is found, or damage is told."""

import os
from pathlib import Path

import numpy as np
import pytest

from collection.killed.conftest import RunChange
from collection.killed.test_killed_commits import Library, check_between, completed, copy, library_before, state_of
from twinlens.collection.repairing.repair import repair

CHANGES = ["first index", "changed files", "returned files", "another model", "marks"]


def damage(log: Path, random: np.random.Generator) -> None:
    size = log.stat().st_size
    kind = random.integers(4)
    if kind == 0:
        log.unlink()
    elif kind == 1:
        os.truncate(log, int(random.integers(size)))
    else:
        length = int(random.choice([1, 8, 100, 5000]))
        with log.open("r+b") as file:
            file.seek(int(random.integers(size)))
            file.write(random.bytes(length) if kind == 2 else bytes(length))


def check_damaged_log(library: Library, run_change: RunChange, photos: Path, random: np.random.Generator) -> bool:
    """Whether a log was there; kills a change, damages the log, searches, repairs, and completes the change."""
    run_change(photos, library.change, at=int(random.integers(1, library.calls + 1)), half=bool(random.integers(2)))
    log = photos / ".twinlens" / "catalog.sqlite-wal"
    if not log.exists() or not log.stat().st_size:
        return False
    damage(log, random)
    now = state_of(photos)
    if now is None:
        repair(photos / ".twinlens")
    else:
        assert library.before is not None
        check_between(now, library.before, library.after)
    status, _ = run_change(photos, library.change)
    assert status == 0
    end = completed(photos)
    assert (end.model, end.found) == (library.after.model, library.after.found)
    if now is not None:
        assert end == library.after
    return True


@pytest.fixture(params=CHANGES)
def library(request: pytest.FixtureRequest, run_change: RunChange, known_models: None, tmp_path: Path) -> Library:
    return library_before(request.param, run_change, tmp_path)


@pytest.mark.slow
def test_a_damaged_log_hides_or_mixes_nothing(library: Library, run_change: RunChange, tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    tried = sum(
        check_damaged_log(library, run_change, copy(library.photos, tmp_path / "killed"), random) for _ in range(6)
    )
    assert tried >= 3
