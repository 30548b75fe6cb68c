"""Interrupts and full disks: what was done is kept, and the next run goes on."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from e2e.command_line import index, indexing, only_line
from e2e.conftest import HANGS_S, Run
from twinlens.__main__ import main


@pytest.fixture
def many(library: Path, tmp_path: Path) -> Path:
    """150 photos: some seconds of indexing."""
    source, folder = Image.open(library / "space/rocket.jpg"), tmp_path / "many"
    folder.mkdir()
    for number in range(150):
        source.crop((number, 0, number + 400, 400)).save(folder / f"{number:03}.jpg")
    return folder


def photos_in(run: Run, place: Path) -> int:
    """How many photos can be searched; 0 where there is no collection yet."""
    told = run("status", "--in", place, "--json")
    assert told.returncode == 0 or "there is no collection" in only_line(told)
    return json.loads(told.stdout)["images"] if told.stdout else 0


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_done_and_the_next_run_goes_on(run: Run, run_here: Run, many: Path) -> None:
    process = indexing(many)
    while not photos_in(run_here, many) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANGS_S)
    assert process.returncode == 130, said
    assert said.endswith("\ninterrupted; finished work is kept; the same command continues\n")
    before = json.loads(run("status", "--in", many, "--json").stdout)["images"]
    assert "\nindexed     not completely yet; twinlens index continues\n" in run("status", "--in", many).stdout
    report = index(run, many)
    assert "not completely" not in run("status", "--in", many).stdout
    assert 0 < before < 150
    assert (report["unchanged"], report["added"], report["images"]) == (before, 150 - before, 150)


def interrupt_plainly(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def interrupt_an_import(*_: object, **__: object) -> None:
    """What a compiled package makes of an interrupt while it is imported."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        raise ImportError("initialization failed") from interrupt


@pytest.mark.parametrize("interrupt", [interrupt_plainly, interrupt_an_import])
def test_an_interrupt_before_the_first_photo_promises_nothing(
    run_here: Run, many: Path, interrupt: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:

    with monkeypatch.context() as early:
        early.setattr("twinlens.collection.indexing.index.embed_batches", interrupt)
        stopped = run_here("index", many)
    assert stopped.returncode == 130
    assert stopped.stderr.endswith("\ninterrupted; no photo was indexed yet; the same command continues\n")
    told = run_here("status", "--in", many, "--json")
    assert (told.returncode, told.stdout) == (1, "")
    assert only_line(told) == (f"error: there is no collection at or above {many}; create one: twinlens index {many}")


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5])
def test_after_an_interrupt_at_any_moment_the_next_run_goes_on(run_here: Run, many: Path, delay_s: float) -> None:
    process = indexing(many)
    assert process.stderr is not None
    assert process.stderr.readline() == f"collection: {many / '.twinlens'}\n"
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANGS_S)
    before = photos_in(run_here, many)
    # where the signal comes while Python makes a data class, it ends the process itself: also 130 in a shell
    assert process.returncode in (130, -signal.SIGINT), said
    assert said.splitlines()[-1] == (
        f"interrupted; {'finished work is kept' if before else 'no photo was indexed yet'}; the same command continues"
    )
    report = index(run_here, many)
    assert (report["unchanged"], report["added"], report["images"]) == (before, 150 - before, 150)


@pytest.mark.parametrize("place", ["twinlens.cli.main.main", "twinlens.cli.main.Commands._load"])
def test_an_interrupt_while_the_program_is_being_loaded_is_one_line(
    place: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupt)
    monkeypatch.setattr(sys, "argv", ["twinlens", "status"])
    monkeypatch.setattr("twinlens.cli.main.prepare_streams", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capfd.readouterr() == ("", "interrupted\n")


def test_a_disk_that_fills_up_is_one_clear_line_and_what_was_done_is_kept(
    library: Path, tmp_path: Path, run: Run
) -> None:
    script = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000)); "
        "sys.argv = ['twinlens', 'index', sys.argv[1]]; runpy.run_module('twinlens', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(library)], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert "error:" in result.stderr.splitlines()[-1]
    assert index(run, library)["images"] == 7
