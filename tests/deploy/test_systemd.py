"""The units of systemd are valid, start commands that exist, and fit each other."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from twinlens.cli.main import app

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(file.name for file in DEPLOY.iterdir() if file.suffix in (".service", ".timer"))


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / name)
    return parser


def test_all_units_are_known() -> None:
    assert UNITS == ["twinlens-index.service", "twinlens-index.timer", "twinlens.service"]


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_starts_a_command_with_options_that_it_has(name: str) -> None:
    _, command, *arguments = unit(name)["Service"]["ExecStart"].split()
    found = get_command(app).get_command(None, command)  # type: ignore[attr-defined]
    options = {option for parameter in found.params for option in parameter.opts}
    assert [word for word in arguments if word.startswith("--") and word not in options] == []


def test_the_timer_starts_the_index_run_on_the_collection_that_is_served() -> None:
    assert (DEPLOY / "twinlens-index.timer").stem == (DEPLOY / "twinlens-index.service").stem
    served, indexed = (unit(name)["Service"] for name in ("twinlens.service", "twinlens-index.service"))
    place = "%S/twinlens/collection"
    assert place in served["ExecStart"].split()
    assert place in indexed["ExecStart"].split()
    assert {served["User"], served["StateDirectory"]} == {indexed["User"], indexed["StateDirectory"]}
    assert unit("twinlens-index.timer")["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_no_fault(tmp_path: Path, name: str) -> None:
    for file in UNITS:  # with a program that is there
        text = (DEPLOY / file).read_text().replace("/opt/twinlens/bin/twinlens", shutil.which("true") or "/bin/true")
        (tmp_path / file).write_text(text)
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True, env=environment
    )
    ours = [line for line in done.stderr.splitlines() if "twinlens" in line]
    assert ours == []
