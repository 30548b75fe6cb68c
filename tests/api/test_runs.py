"""Training runs as they are found and read, without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from apps.conftest import a_run
from twinlens.api.runs import find_runs, read_run
from twinlens.errors import DataError


def test_runs_are_found_in_a_folder_and_one_below(tmp_path: Path) -> None:
    first, second = a_run(tmp_path / "runs" / "first"), a_run(tmp_path / "runs" / "papers" / "second")
    a_run(tmp_path / "runs" / "a" / "b" / "c")
    assert find_runs(tmp_path / "runs") == [first, second]
    assert find_runs(first) == [first]


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=folder.name):
            find_runs(folder)
        with pytest.raises(DataError, match=r"recipe\.json"):
            read_run(folder)


def test_a_run_is_read_finished_or_not(tmp_path: Path) -> None:
    run = read_run(a_run(tmp_path / "done"))
    assert [line["epoch"] for line in run.epochs] == [1, 2]
    assert run.recipe["name"] == "done"
    assert run.validation is not None
    assert run.validation["text_to_image"]["R@1"] == 10.0
    assert run.environment == {}
    begun = a_run(tmp_path / "begun", epochs=0, finished=False)
    (begun / "metrics.jsonl").write_text('{"epoch": 1, "los')  # the first line is being written
    run = read_run(begun)
    assert run.epochs == []
    assert run.validation is None


def test_reading_a_run_needs_no_torch(tmp_path: Path) -> None:
    code = f"import sys; from twinlens.api.runs import read_run; read_run({str(a_run(tmp_path / 'run'))!r}); " + (
        "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
