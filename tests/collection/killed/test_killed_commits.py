"""Changes of a collection are killed in the middle of commits and of writes: nothing is lost, nothing is wrong."""

import os
import shutil
import signal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from collection.killed.conftest import RunChange
from collection.killed.libraries import LIBRARIES
from collection.killed.runner import Change
from collection.killed.state import State
from twinlens.collection.collection import Collection
from twinlens.errors import CatalogDamagedError

KILLS = int(os.environ.get("KILLS", "4"))  # of each change, in the slow test; 20 take ten minutes
SEED = int(os.environ.get("SEED", "2"))


class Library(NamedTuple):
    """A folder of photos just before a change; its state then (None if it is damaged), and after the change."""

    photos: Path
    change: Change
    calls: int
    before: State | None
    after: State


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, run_change: RunChange, known_models: None, tmp_path: Path) -> Library:
    return library_before(request.param, run_change, tmp_path)


def library_before(name: str, run_change: RunChange, tmp_path: Path) -> Library:
    """A library of the table just before its change, which is made once in a copy."""
    photos = tmp_path / "before" / "photos"
    change = LIBRARIES[name](photos)
    whole = copy(photos, tmp_path / "whole")
    status, calls = run_change(whole, change)
    assert status == 0
    return Library(photos, change, calls, state_of(copy(photos, tmp_path / "looked at")), completed(whole))


def copy(photos: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(photos, place / "photos"))


def state_of(photos: Path) -> State | None:
    """What a search would find now; None if the catalog must be repaired first."""
    try:
        return State.of(photos)
    except CatalogDamagedError:
        return None


def completed(photos: Path) -> State:
    """The state after a change; what a repair has left to read is read."""
    with Collection.open(photos) as collection:
        if any("was damaged" in reason for _, _, reason in collection.catalog.skipped()):
            collection.index()
        since = collection.since_index()
        assert since is None or not since.differs
    return State.of(photos)


def check_between(now: State, before: State, after: State) -> None:
    """All is as it was before the change or as it is after it."""
    assert now.model in (before.model, after.model)
    if before.model != after.model:  # photos that came meanwhile are first embedded by the earlier model
        before, now, after = before.without_vectors(), now.without_vectors(), after.without_vectors()
    assert before.photos & after.photos <= now.photos <= before.photos | after.photos
    assert before.given & after.given <= now.given <= before.given | after.given
    # what was given may be kept for a moment, until the photo that has it is read
    assert now.captions <= before.captions | after.captions
    assert now.marks <= before.marks | after.marks
    for query, hits in now.found.items():
        earlier, later = before.found.get(query, set()), after.found[query]
        assert earlier & later <= hits <= earlier | later
    for query, captions in now.found_captions.items():
        assert captions <= before.found_captions.get(query, set()) | after.found_captions.get(query, set())


def kill(library: Library, run_change: RunChange, photos: Path, random: np.random.Generator) -> bool:
    """Kills the change once or twice, checks what is left, completes it, and checks the result."""
    is_killed = False
    for _ in range(random.integers(1, 3)):
        at, half = int(random.integers(1, library.calls + 1)), bool(random.integers(2))
        status, _ = run_change(photos, library.change, at=at, half=half)
        assert status in (0, signal.SIGKILL)
        is_killed = is_killed or status == signal.SIGKILL
        now = state_of(photos)
        if library.before is not None:
            assert now is not None
            check_between(now, library.before, library.after)
    status, _ = run_change(photos, library.change)
    assert status == 0
    assert completed(photos) == library.after
    return is_killed


def test_a_change_killed_in_a_commit_can_be_completed(library: Library, run_change: RunChange, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for _ in range(2):
        kill(library, run_change, copy(library.photos, tmp_path / "killed"), random)


@pytest.mark.slow
def test_changes_killed_again_and_again_in_commits(library: Library, run_change: RunChange, tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    killed = sum(kill(library, run_change, copy(library.photos, tmp_path / "killed"), random) for _ in range(KILLS))
    assert killed >= 0.7 * KILLS  # a last one may come when the change is done
