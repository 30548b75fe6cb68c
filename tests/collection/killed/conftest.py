"""A process that runs changes of collections, each in a child that may be killed in the middle of a commit."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collection.killed.runner import MODELS, Change

TESTS = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("kill_at_call.c")
RunChange = Callable[..., tuple[int, int]]


@pytest.fixture(scope="session")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that kills a process at a call to the file system."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("killer") / "kill_at_call.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


@pytest.fixture
def run_change(killer: Path) -> Iterator[RunChange]:
    """Runs a change in another process: the process's status (a signal's number), and its number of calls."""
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", "from collection.killed.runner import main; main()"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "LD_PRELOAD": str(killer)},
    ) as process:
        assert process.stdin
        assert process.stdout

        def run(photos: Path, change: Change, *, at: int = 0, half: bool = False) -> tuple[int, int]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps([str(photos), change, at, half]) + "\n")
            process.stdin.flush()
            status, calls = json.loads(process.stdout.readline())
            return status, calls

        yield run
        process.stdin.close()
    assert process.returncode == 0


@pytest.fixture
def known_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process finds the same models by name."""
    monkeypatch.setattr(
        "twinlens.collection.indexing.models.model_of_record.load_model", lambda source: MODELS[str(source)]
    )
