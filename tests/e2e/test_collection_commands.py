"""``twinlens collection``: its commands show what they did, change nothing in a trial, and say what is wrong."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.command import COMMANDS
from e2e.conftest import Run
from twinlens.cli.main import app
from twinlens.plugins import load_part

CAT = "pets/cat.png"
NAMES = ("move", "merge", "split", "export", "import", "verify", "repair")


def test_each_command_of_the_group_has_help_with_an_example() -> None:
    assert load_part("command", COMMANDS, "collection").app is not None
    for name in NAMES:
        done = CliRunner().invoke(app, ["collection", name, "--help"])
        assert done.exit_code == 0
        assert "Example: twinlens" in done.stdout


def test_a_library_goes_through_a_file_to_another_place(run_here: Run, indexed: Path, tmp_path: Path) -> None:
    run_here("rate", "5", CAT, "--in", indexed)
    file, there = tmp_path / "library.zip", tmp_path / "there"
    trial = run_here("collection", "export", file, "--in", indexed, "--dry-run")
    assert "would need about" in trial.stdout
    assert not file.exists()
    done = run_here("collection", "export", file, "--in", indexed, "--embeddings", "--json")
    assert json.loads(done.stdout)["bytes"] == file.stat().st_size
    shutil.copytree(indexed, there, ignore=shutil.ignore_patterns(".twinlens"))
    done = run_here("collection", "import", file, "--photos", there)
    assert done.returncode == 0, done.stderr
    assert "none of which was read" in done.stdout
    found = json.loads(run_here("search", "a cat", "--in", there, "--json").stdout)
    assert (found["results"][0]["image_id"], found["results"][0]["rating"]) == (CAT, 5)
    again = run_here("collection", "import", file, "--in", there, "--dry-run")
    assert again.stdout.splitlines()[-2:] == ["given       to 0 photos what they did not have", "nothing was changed"]


def test_verifying_tells_a_line_a_problem_and_fails_by_its_exit_code(run_here: Run, indexed: Path) -> None:
    done = run_here("collection", "verify", "--in", indexed, "--contents")
    assert (done.returncode, done.stdout.strip().endswith("all is well")) == (0, True), done.stdout
    (indexed / CAT).unlink()
    done = run_here("collection", "verify", "--in", indexed)
    what, todo = done.stdout.splitlines()[0].split("\t")
    assert (done.returncode, what) == (1, f"1 photo is gone, such as {CAT}")
    assert "twinlens index" in todo
    told = json.loads(run_here("collection", "verify", "--in", indexed, "--json").stdout)
    assert told["problems"][0]["image_ids"] == [CAT]


def test_photos_that_moved_are_found_and_split_off_and_merged_back(
    run_here: Run, indexed: Path, tmp_path: Path
) -> None:
    place = shutil.move(indexed / ".twinlens", tmp_path / "apart")
    disk = indexed.rename(tmp_path / "disk")
    done = run_here("collection", "move", disk, "--in", place, "--json")
    assert json.loads(done.stdout)["here"] == 7
    done = run_here("collection", "split", "pets", "--to", tmp_path / "pets", "--in", place, "--remove")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["1", "photo"]), done.stderr
    assert json.loads(run_here("status", "--in", place, "--json").stdout)["images"] == 6
    done = run_here("collection", "merge", tmp_path / "pets", "--in", place, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["added"]) == (0, 1), done.stderr
    assert json.loads(run_here("status", "--in", place, "--json").stdout)["images"] == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "missing.zip"], "cannot be read"),
        (["export", "/nowhere/library.zip"], "there is no folder"),
        (["split", "name:nothing", "--to", "new"], "nothing to split off"),
        (["merge", "INDEXED"], "nothing to merge"),
        (["move", "/nowhere"], "is no folder"),
    ],
)
def test_an_error_is_one_line(run_here: Run, indexed: Path, arguments: list[str], message: str) -> None:
    given = [str(indexed) if one == "INDEXED" else one for one in arguments]
    done = run_here("collection", *given, "--in", indexed)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert message in done.stderr
