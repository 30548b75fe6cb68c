"""Commands that would index a folder because it has no collection, started where nobody means to index everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import draw_photo

COMMANDS = (["search", "a red sky"], ["similar", "red.png"])
HANGS_S = 900


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a photo, which is not indexed."""
    folder = tmp_path / "anna"
    draw_photo(folder / "red.png", "red")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_home_folder_is_not_indexed_unasked(run_here, home: Path, own_home: Path, command: list[str]) -> None:
    result = run_here(*command, cwd=home)
    assert result.returncode == 1
    assert result.stderr == (
        f"error: {home} is your home folder and is not indexed without being asked for; name a folder of photos with "
        f"--in FOLDER, or run: twinlens index {home}\n"
    )
    assert [file.name for file in home.iterdir()] == ["red.png"]
    assert not (own_home / "collections").exists()


def test_a_root_is_not_indexed_unasked(run_here, home: Path) -> None:
    result = run_here("search", "a red sky", cwd=Path(home.anchor))
    assert result.returncode == 1
    assert "is the root of a file system" in result.stderr


def test_a_home_folder_that_is_named_or_already_indexed_is_searched(run_here, home: Path) -> None:
    assert "is not indexed yet; indexing first" in run_here("search", "a red sky", "--in", home).stderr
    assert "error" not in run_here("search", "a red sky", cwd=home).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_the_user_is_asked(home: Path, answer: str) -> None:
    import pty

    outer, terminal = pty.openpty()
    os.write(outer, f"{answer}\n".encode())
    line = [sys.executable, "-m", "twinlens", "search", "a red sky"]
    with os.fdopen(outer, "rb"), os.fdopen(terminal, "wb") as screen:
        done = subprocess.run(
            line, cwd=home, stdin=screen, stderr=screen, stdout=subprocess.PIPE, timeout=HANGS_S, check=False
        )
        said = os.read(outer, 20_000).decode()
    assert f"{home} is your home folder and is not indexed yet; index every photo below it now? [y/N]" in said
    assert (home / ".twinlens").exists() == (answer == "y")
    assert (done.returncode == 1) == (answer == "n")
