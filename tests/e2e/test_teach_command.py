"""``twinlens feedback`` and ``twinlens teach`` on the command line."""

import json
from pathlib import Path

from e2e.conftest import Run


def found(run_here: Run, place: Path, query: str) -> list[str]:
    result = run_here("search", query, "--in", place, "-k", 20, "--all", "--json")
    return [one["image_id"] for one in json.loads(result.stdout)["results"]]


def test_feedback_is_recorded_used_listed_and_forgotten(run_here: Run, indexed: Path) -> None:
    before = found(run_here, indexed, "zorkle")
    good, bad = before[-1], before[0]
    recorded = run_here("feedback", "Zorkle", "--good", good, "--bad", indexed / bad, "--in", indexed)
    assert (recorded.returncode, recorded.stderr) == (0, "recorded 2 opinions\n")
    after = found(run_here, indexed, "zorkle")
    assert (after[0], bad in after) == (good, False)
    assert run_here("feedback", "--list", "--in", indexed).stdout == f"good\tzorkle\t{good}\nbad\tzorkle\t{bad}\n"
    assert run_here("feedback", "zorkle", "--forget", "--in", indexed).stderr == "forgot 2 opinions\n"
    assert found(run_here, indexed, "zorkle") == before
    assert run_here("feedback", "--list", "--in", indexed).returncode == 3


def test_what_cannot_be_recorded_is_told_in_a_line(run_here: Run, indexed: Path) -> None:
    unknown = run_here("feedback", "x", "--good", "gone.png", "--in", indexed)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == ("error: no indexed photo has the id or the path 'gone.png'; nothing was recorded\n")
    assert run_here("feedback", "x", "--in", indexed).returncode == 2
    assert run_here("feedback", "--in", indexed).returncode == 2
    assert run_here("teach", "--list", "--undo", "--in", indexed).returncode == 2


def test_a_word_is_taught_listed_and_undone(run_here: Run, indexed: Path) -> None:
    photos = found(run_here, indexed, "x")[:2]
    taught = run_here("teach", "Rex", *photos, "--in", indexed)
    assert (taught.returncode, taught.stderr) == (0, "“rex” is what 2 photos show\n")
    assert {line.split("\t")[2] for line in run_here("teach", "--list", "--in", indexed).stdout.splitlines()} == set(
        photos
    )
    assert "“rex” is what was learnt from 2 photos" in run_here("search", "Rex", "--in", indexed).stderr
    assert run_here("teach", "rex", "--undo", "--in", indexed).stderr == "“rex” is forgotten\n"
    assert run_here("teach", "rex", "--undo", "--in", indexed).returncode == 3


def test_a_lesson_needs_something_to_learn_from(run_here: Run, indexed: Path) -> None:
    lesson = run_here("teach", "--in", indexed)
    assert lesson.returncode == 1
    assert "a lesson needs 40 photos with captions" in lesson.stderr
    assert run_here("teach", "--undo", "--in", indexed).stderr == "there is no lesson to undo\n"
