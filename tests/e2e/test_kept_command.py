"""Emptied folders on the command line: a question on a terminal, a line and an exit code elsewhere."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.conftest import Run


@pytest.fixture
def emptied(run: Run, indexed: Path, tmp_path: Path) -> Path:
    """An indexed library whose folder ``people`` lost its two photos; one has a caption."""
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\npeople/astronaut.png,a woman in orange\n")
    assert run("index", indexed, "--captions", captions).returncode == 0
    for photo in (indexed / "people").iterdir():
        photo.rename(tmp_path / photo.name)
    return indexed


def answered(library: Path, answer: str) -> tuple[int, str]:
    """Exit code and terminal output of an index run whose question is answered."""
    terminal, end = pty.openpty()
    line = [sys.executable, "-m", "twinlens", "index", str(library)]
    process = subprocess.Popen(line, stdin=end, stdout=end, stderr=end, cwd=library)
    os.close(end)
    said = b""
    try:
        while part := os.read(terminal, 1024):
            said += part
            if b"[y/N]" in said and answer:
                os.write(terminal, answer.encode())
                answer = ""
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    return process.wait(), said.decode()


def test_elsewhere_nothing_is_removed_and_line_json_and_exit_code_say_so(run: Run, emptied: Path) -> None:
    result = run("index", emptied, "--json")
    assert result.returncode == 1
    folder = {"path": "people", "photos": 2, "reason": "contains no photos now"}
    report = json.loads(result.stdout)
    assert (report["kept_folders"], report["removed"], report["images"]) == ([folder], 0, 7)
    assert "people contains no photos now" in result.stderr.splitlines()[-1]
    assert "--forget-missing" in result.stderr.splitlines()[-1]
    again = run("reindex", emptied, "--model", "default")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (1, result.stderr.splitlines()[-1])


def test_status_and_doctor_tell_of_a_kept_folder_until_its_photos_are_back_or_forgotten(
    run: Run, emptied: Path, tmp_path: Path
) -> None:
    run("index", emptied)
    line = "people contains no photos now (indexed photos missing there: 2); is its disk mounted?"
    assert f"missing     {line}" in run("status", "--in", emptied).stdout
    told = json.loads(run("status", "--in", emptied, "--json").stdout)
    assert told["kept_folders"] == [{"path": "people", "photos": 2, "reason": "contains no photos now"}]
    assert told["follows_links"] is False
    doctor = run("doctor", "--in", emptied)
    assert (doctor.returncode, line in doctor.stdout) == (1, True)
    assert "--forget-missing" in doctor.stdout.splitlines()[-1]
    (tmp_path / "astronaut.png").rename(emptied / "people" / "astronaut.png")
    assert run("index", emptied, "--follow-links").returncode == 0
    shown = run("status", "--in", emptied).stdout
    assert "missing  " not in shown
    assert "links       also those that lead out of a folder are followed" in shown
    assert run("doctor", "--in", emptied).returncode == 0


def test_what_was_given_is_kept_shown_restored_and_dropped_only_on_request(
    run: Run, emptied: Path, tmp_path: Path
) -> None:
    gone = run("index", emptied, "--forget-missing")
    assert gone.returncode == 0
    assert "of 1 photo that is gone or changed are kept for 365 days" in gone.stderr
    assert (
        "kept        1 caption and 0 favourites of 1 photo that is gone or changed, until"
        in run("status", "--in", emptied).stdout
    )
    (tmp_path / "astronaut.png").rename(emptied / "space" / "renamed.png")
    back = run("index", emptied)
    assert "restored on 1 photo that is back" in back.stderr
    found = json.loads(run("search", "a woman", "--target", "caption", "--in", emptied, "--json").stdout)
    assert found["results"][0]["image_id"] == "space/renamed.png"
    (emptied / "space" / "renamed.png").unlink()
    run("index", emptied)
    dropped = run("index", emptied, "--drop-kept")
    assert "of 1 photo that is gone or changed were dropped" in dropped.stderr
    assert "kept   " not in run("status", "--in", emptied).stdout


@pytest.mark.parametrize(("answer", "code", "removed"), [("n\n", 0, False), ("y\n", 0, True), ("\x04", 130, False)])
def test_on_a_terminal_a_question_is_asked(run: Run, emptied: Path, answer: str, code: int, removed: bool) -> None:
    found, said = answered(emptied, answer)
    assert found == code
    assert "people contains no photos now" in said
    assert "Traceback" not in said
    assert ("2 removed" in said) == removed
    assert json.loads(run("status", "--in", emptied, "--json").stdout)["images"] == (5 if removed else 7)
