"""What tests of the command line share."""

import json
import subprocess
import sys
from pathlib import Path

from e2e.conftest import Run


def only_line(result: "subprocess.CompletedProcess[str]") -> str:
    """The one line of an error; no traceback."""
    lines = result.stderr.strip().splitlines()
    assert "Traceback" not in result.stderr
    assert len(lines) == 1, result.stderr
    return lines[0]


def index(run: Run, library: Path, *arguments: object) -> dict[str, object]:
    result = run("index", library, "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def indexing(photos: Path) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", "twinlens", "index", str(photos)]
    return subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
