"""The program with standard streams that are full, closed or without a reader."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import draw_photo

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
HANGS_S = 900

QUICK = ("--help", "search 'a red sky'", "search -i")
SLOW = (  # the same in all of these, and a process each
    "--version",
    "search --help",
    "search 'a red sky' --json",
    "search --queries QUERIES",
    "similar PHOTO",
    "caption PHOTO --candidates QUERIES",
    "status",
    "status --json",
    "index PHOTOS --json",
    "doctor",
    "models list",
    "models info default --json",
)
RESULTS = [*QUICK, *(pytest.param(command, marks=[pytest.mark.slow, pytest.mark.thorough]) for command in SLOW)]
Shell = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("streams")
    for number, colour in enumerate(("red", "green", "blue", "white")):
        draw_photo(root / "photos" / f"{colour}.png", colour, seed=number)
    (root / "queries.txt").write_text("a cat\na dog\n")
    line = [sys.executable, "-m", "twinlens", "index", str(root / "photos")]
    subprocess.run(line, check=True, capture_output=True, timeout=HANGS_S)
    return root


@pytest.fixture
def shell(indexed: Path, own_home: Path) -> Shell:
    """Runs a command with redirections as a shell does; returns its exit code and what it said on stderr."""

    def run(command: str, redirection: str) -> tuple[int, str]:
        for name, path in {"QUERIES": "queries.txt", "PHOTOS": "photos", "PHOTO": "photos/red.png"}.items():
            command = command.replace(name, str(indexed / path))
        line = f"{sys.executable} -m twinlens {command} {redirection}"
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=indexed / "photos",
            input="a cat\na dog\n",
            capture_output=True,
            text=True,
            timeout=HANGS_S,
            check=False,
        )
        return done.returncode, done.stderr

    return run


def errors(said: str) -> list[str]:
    return [line for line in said.splitlines() if "error:" in line]


@pytest.mark.parametrize("command", RESULTS)
def test_results_that_cannot_be_written_are_one_line(shell: Shell, command: str) -> None:
    code, said = shell(command, "> /dev/full")
    assert code == 1
    (error,) = errors(said)
    assert error.endswith("error: the results cannot be written: No space left on device")
    code, said = shell(command, ">&-")
    assert code == 1
    assert errors(said)[0].endswith("error: the results cannot be written: standard output is closed")
    assert len(errors(said)) == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["search 'a red sky'", "index PHOTOS --json", "doctor"])
def test_streams_for_people_may_be_closed_or_full(shell: Shell, command: str) -> None:
    usual, _ = shell(command, "> /dev/null")
    for redirection in ("2>&- >/dev/null", "2>/dev/full >/dev/null", "<&- >/dev/null"):
        assert shell(command, redirection)[0] == usual, redirection


@pytest.mark.parametrize("command", RESULTS)
def test_a_reader_that_ends_is_no_error(shell: Shell, command: str) -> None:
    usual, _ = shell(command, "> /dev/null")
    code, said = shell(command, "| true; exit ${PIPESTATUS[0]}")
    assert code in (0, usual)
    assert "Traceback" not in said
    assert errors(said) == []


@pytest.mark.parametrize("command", ["search", "nonsense", "search x -k 0"])
def test_wrong_usage_stays_wrong_usage(shell: Shell, command: str) -> None:
    for redirection in ("> /dev/full", ">&-", "2>&-", "2>/dev/full", ">&- 2>&- <&-"):
        code, said = shell(command, redirection)
        assert code == 2, redirection
        assert "Traceback" not in said


def test_files_never_take_the_place_of_a_closed_stream(shell: Shell, indexed: Path) -> None:
    assert shell("status --json", "<&- >&- 2>&-") == (1, "")
    before = sorted((indexed / "photos").glob("*"))
    assert shell("index PHOTOS", "<&- >&- 2>&-") == (0, "")
    assert sorted((indexed / "photos").glob("*")) == before
    assert shell("status --json", "| grep -q '\"images\": 4'")[0] == 0
