"""``docs/extend/command.md``: the command stands in ``--help`` and runs; a broken one does no harm."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PhotoMaker
from extend.conftest import Install, Run
from installed_package import install_package

BROKEN = "raise ModuleNotFoundError(\"No module named 'pandas'\")\n"


@pytest.fixture
def photos(make_photo: PhotoMaker) -> Path:
    for number, colour in enumerate(["red", "green", "blue"]):
        make_photo(f"{colour}.png", colour, seed=number)
    return make_photo("black.png", "black").parent


def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("command.md").run_its_test(site, tmp_path)


def test_it_stands_in_the_help_and_counts(install: Install, run: Run, photos: Path) -> None:
    install("command.md")
    told = run("--help")
    assert re.search(r"count\s+Count the photos that match a query", told.stdout)
    assert run("index", photos).returncode == 0
    done = run("count", "something red", "--in", photos)
    assert done.returncode in (0, 3), done.stderr
    assert re.fullmatch(r"\d of 4 photos match 'something red'\n", done.stdout)
    answer = json.loads(run("count", "something red", "--in", photos, "--json").stdout)
    assert list(answer) == ["query", "num_matches", "num_candidates"]
    assert run("count", "red", "--in", photos.parent / "nowhere").returncode == 1


def test_one_that_cannot_be_imported_is_left_out_with_a_line(install: Install, run: Run, site: Path) -> None:
    page = install("command.md")
    install_package(site, "broken", BROKEN, family="command", parts={"zither": "broken"})
    told = run("--help")
    assert told.returncode == 0
    assert "Count the photos" in told.stdout
    assert "zither" not in told.stdout
    warning = "warning: the command {!r} was left out, its package failed: "
    assert told.stderr.startswith(warning.format("zither"))
    assert told.stderr.count("\n") == 1
    assert warning.format("count") in page.text
    asked = run("zither")
    assert asked.returncode == 2
    assert "No such command 'zither'." in asked.stderr
    assert asked.stderr.startswith(warning.format("zither"))


def test_other_commands_do_not_import_it(install: Install, run: Run, site: Path, tmp_path: Path) -> None:
    install("command.md")
    install_package(site, "broken", BROKEN, family="command", parts={"zither": "broken"})
    done = run("status", "--in", tmp_path)
    assert done.stderr.startswith("error: ")


def test_neither_help_nor_a_command_loads_what_it_does_not_need() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from twinlens.cli.main import app\n"
        "search = 'twinlens.cli.commands.search'\n"
        "print(CliRunner().invoke(app, ['status', '--help']).exit_code, search in sys.modules)\n"
        "print(CliRunner().invoke(app, ['--help']).exit_code, search in sys.modules)\n"
        "print({'numpy', 'PIL', 'onnxruntime', 'torch', 'fastapi'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 False\n0 True\nset()\n"


def test_the_name_of_a_built_in_command_cannot_be_taken(install: Install, run: Run, site: Path) -> None:
    install("command.md")
    install_package(site, "thief", "raise SystemExit(9)\n", family="command", parts={"search": "thief"})
    done = run("search", "--help")
    assert done.returncode == 0
    assert "Find the photos that fit a query" in done.stdout


def test_a_command_that_lacks_its_example_is_left_out(install: Install, run: Run, site: Path) -> None:
    install("command.md")
    install_package(site, "half", "def run() -> int: return 0\n", family="command", parts={"half": "half"})
    told = run("--help")
    assert told.returncode == 0
    assert "has no attribute 'EXAMPLE'" in told.stderr


def test_a_package_may_bring_a_group_of_commands(install: Install, run: Run, site: Path) -> None:
    install("command.md")
    source = (
        "import typer\napp = typer.Typer(help='Shelves.')\n"
        "@app.command()\ndef show() -> None: print('shown')\n@app.command()\ndef make() -> None: print('made')\n"
    )
    install_package(site, "shelves", source, family="command", parts={"shelves": "shelves"})
    assert "Shelves." in run("--help").stdout
    assert run("shelves", "make").stdout == "made\n"


def test_a_misspelt_name_offers_installed_commands_too(install: Install, run: Run) -> None:
    install("command.md")
    assert "Did you mean 'count'?" in " ".join(run("cout").stderr.split())
