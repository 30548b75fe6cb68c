"""Hits for other programs: bare paths that end in NUL, and exports."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from e2e.conftest import Run
from twinlens.cli.answers import print_null
from twinlens.cli.main import app
from twinlens.cli.streams import Results


def test_paths_end_in_nul_whatever_they_hold(run_here: Run, library: Path) -> None:
    for folder in ("kitchen", "street", "space"):
        shutil.rmtree(library / folder)
    odd = library / "pets" / "-a cat\nin \x1b[1mthe\x1b[0m sun\\.png"
    (library / "pets" / "cat.png").rename(odd)
    found = run_here("search", "a cat", "-k", "1", "--in", library, "--null", cwd=library / "people")
    assert (found.returncode, found.stdout) == (0, f"{odd}\0")
    assert run_here("search", "a cat", "-k", "1", "-0", cwd=odd.parent).stdout == f"./{odd.name}\0"
    alike = run_here("similar", odd, "--in", library, "-0", "--folder", "people", cwd=library / "people")
    assert sorted(alike.stdout.split("\0")) == ["", "astronaut.png", "photographer.png"]
    nothing = run_here("search", "a cat", "--min-probability", "1", "--in", library, "-0")
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "no sure match" in nothing.stderr
    assert "closest" not in nothing.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="names are always text there")
def test_a_name_that_is_no_text_is_printed_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    replaced = io.TextIOWrapper(written)  # closes what it writes to as soon as nothing refers to it
    monkeypatch.setattr(sys, "stdout", Results(replaced))
    print_null([os.fsdecode(b"caf\xe9\r\n.png"), "b.png"])
    sys.stdout.flush()
    assert written.getvalue() == b"caf\xe9\r\n.png\0b.png\0"


def test_an_export_is_written_beside_what_is_printed(run_here: Run, indexed: Path, tmp_path: Path) -> None:
    found = run_here("search", "a cat", "-k", "1", "--in", indexed, "--export", f"{tmp_path}/cats/")
    assert "pets/cat.png" in found.stdout
    assert f"exported 1 hit: {tmp_path}/cats" in found.stderr
    assert (tmp_path / "cats" / "0001_cat.png").resolve() == indexed / "pets" / "cat.png"
    inside = run_here("search", "a cat", "--in", indexed, "--export", f"{indexed}/cats/")
    assert (inside.returncode, inside.stdout) == (1, "")
    assert "is inside the photo folder" in inside.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "a", "-0", "--json"], "leave one of them out"),
        (["similar", "a.jpg", "-0", "--json"], "leave one of them out"),
        (["caption", "a.jpg", "-0", "--json"], "leave one of them out"),
        (["search", "-i", "-0"], "work with a single query"),
        (["search", "-i", "--export", "a.csv"], "work with a single query"),
        (["search", "a", "--copies"], "--copies needs a folder"),
        (["search", "a", "--export", "a.txt"], "an export must end in"),
        (["search", "a", "--export", "a.csv", "--copies"], "copied to a folder"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*arguments, "--in", str(tmp_path / "none")], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert message in result.output
