"""A small library of real photos in many formats, and two ways to run the real command."""

import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pillow_heif
import pytest
import skimage
from PIL import Image
from typer.testing import CliRunner

from e2e.forks import Forks
from twinlens.api.library import Collection
from twinlens.cli.main import app

SAMPLES = Path(skimage.__file__).parent / "data"
PHOTOS = {
    "pets/cat.png": "chelsea.png",
    "kitchen/coffee.png": "coffee.png",
    "street/motorcycle.png": "motorcycle_left.png",
    "people/photographer.png": "camera.png",
    "people/astronaut.png": "astronaut.png",
    "space/rocket.jpg": "rocket.jpg",
}
Run = Callable[..., subprocess.CompletedProcess[str]]
HANGS_S = 900  # far more than a busy machine needs


@pytest.fixture(scope="session")
def drawn_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``library`` copies; no test changes it."""
    root = tmp_path_factory.mktemp("drawn") / "library"
    for target, source in PHOTOS.items():
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAMPLES / source, root / target)
    pillow_heif.from_pillow(Image.open(SAMPLES / "coffee.png").convert("RGB")).save(root / "kitchen" / "phone.heic")
    (root / "notes.txt").write_text("not a photo")
    (root / "work.xcf").write_bytes(b"")
    (root / "pets" / "._cat.png").write_bytes(b"\0\5\x16\7")
    (root / "broken.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes()[:9000])
    return root


@pytest.fixture
def library(drawn_library: Path, tmp_path: Path) -> Path:
    """Six photos in sub-folders, one of them HEIC besides, and files that are none."""
    return Path(shutil.copytree(drawn_library, tmp_path / "library"))


@pytest.fixture(scope="session")
def indexed_library(drawn_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``indexed`` copies; no test changes it."""
    root = Path(shutil.copytree(drawn_library, tmp_path_factory.mktemp("indexed") / "library"))
    with Collection.create([root]) as collection:
        collection.index()
    return root


@pytest.fixture
def indexed(indexed_library: Path, tmp_path: Path) -> Path:
    """The library after ``twinlens index``."""
    return Path(shutil.copytree(indexed_library, tmp_path / "library"))


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks | None]:
    """What starts processes in a fraction of their time, on systems that can."""
    if not (hasattr(os, "fork") and hasattr(socket, "SOCK_SEQPACKET")):
        yield None
        return
    made = Forks()
    yield made
    made.close()


@pytest.fixture
def run_process(tmp_path: Path, own_home: Path, forks: Forks | None) -> Run:
    """Runs ``twinlens ARGUMENTS`` as a process of its own."""

    def command(*arguments: object, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        line = list(map(str, arguments))
        if forks:
            return forks.run(line, cwd=cwd, timeout_s=HANGS_S)
        line = [sys.executable, "-m", "twinlens", *line]
        return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=HANGS_S, check=False)

    return command


@pytest.fixture
def run_here(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``twinlens ARGUMENTS`` in this process: the same output and exit code, without seconds of imports."""
    log = logging.getLogger("twinlens")

    def command(*arguments: object, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        line = list(map(str, arguments))
        handlers, level = log.handlers[:], log.level
        with monkeypatch.context() as here:
            here.chdir(cwd)
            done = CliRunner().invoke(app, line)
        log.handlers[:] = handlers
        log.setLevel(level)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception  # where a process would print a traceback
        return subprocess.CompletedProcess(line, done.exit_code, done.stdout, done.stderr)

    return command


@pytest.fixture(params=["here", pytest.param("process", marks=[pytest.mark.slow, pytest.mark.thorough])])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs ``twinlens ARGUMENTS`` in this process and, in the slow tests, as a process of its own."""
    command: Run = request.getfixturevalue(f"run_{request.param}")
    return command
