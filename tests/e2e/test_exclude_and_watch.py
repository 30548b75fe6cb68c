"""What is left out on the command line, and a library that is followed until a signal ends it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.conftest import HANGS_S, Run
from twinlens.api.indexing import IndexReport
from twinlens.api.library import Collection
from twinlens.cli.follow_run import follow_with_lines


def test_patterns_are_kept_told_and_dropped(run: Run, indexed: Path) -> None:
    (indexed / ".DS_Store").touch()
    result = run("index", indexed, "--exclude", "pets/", "--exclude", "*.PNG")
    assert result.returncode == 0
    assert "left out: 1 × hidden file, 1 × excluded by --exclude: pets/; 'twinlens status' names" in result.stderr
    assert "--exclude *.PNG matches nothing; patterns start from the photo folder, and capital" in result.stderr
    assert "(1 removed, 6 unchanged;" in result.stderr
    status = run("status", "--in", indexed).stdout
    assert "excluded    pets/\nexcluded    *.PNG\nleft out    1 × hidden file, for example .DS_Store\n" in status
    assert json.loads(run("status", "--in", indexed, "--json").stdout)["exclude"] == ["pets/", "*.PNG"]
    assert json.loads(run("index", indexed, "--json").stdout)["unmatched_patterns"] == ["*.PNG"]
    assert json.loads(run("index", indexed, "--json", "--drop-exclude", "pets/").stdout)["added"] == 1
    wrong = run("index", indexed, "--exclude", "!")
    assert (wrong.returncode, wrong.stderr.splitlines()[-1]) == (
        1,
        "error: --exclude takes a pattern as gitignore has them, such as '*.png' or 'Private/', got '!'",
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_library_is_followed_until_ctrl_c_ends_it(indexed: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "twinlens", "index", str(indexed), "--watch", "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["unchanged"] == 7
        shutil.copy(indexed / "pets" / "cat.png", tmp_path / "cat.png")
        (tmp_path / "cat.png").rename(indexed / "new.png")
        assert json.loads(process.stdout.readline())["added"] == 1
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=HANGS_S)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "following 1 folder" in said
    assert "1 added; 8 photos can be searched" in said
    assert said.splitlines()[-1] == "interrupted; finished work is kept"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_service_that_is_asked_to_end_has_succeeded(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Collection, "follow", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    with Collection.open(indexed) as collection:
        assert follow_with_lines(collection, IndexReport(), as_json=False) == 0
    assert signal.getsignal(signal.SIGTERM) is before
    assert capsys.readouterr().err.splitlines()[-1] == "stopped; finished work is kept"
