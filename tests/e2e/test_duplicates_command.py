"""``twinlens duplicates``: lines, JSON, the move list, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest

from contracts.command import CommandContract
from e2e.conftest import Run
from twinlens.api.library import Collection
from twinlens.cli.commands import duplicates


@pytest.fixture
def doubled(drawn_library: Path, tmp_path: Path) -> Path:
    """A small library with a photo twice."""
    root = tmp_path / "doubled"
    root.mkdir()
    shutil.copyfile(drawn_library / "street" / "motorcycle.png", root / "m.png")
    shutil.copyfile(root / "m.png", root / "again\nm.png")
    with Collection.create([root]) as collection:
        collection.index()
    return root


class TestDuplicates(CommandContract):
    name, command = "duplicates", duplicates

    @pytest.fixture
    def right(self, doubled: Path) -> list[str]:
        return ["--in", str(doubled)]

    @pytest.fixture
    def wrong(self, tmp_path: Path) -> list[str]:
        return ["--in", str(tmp_path / "nowhere")]


def test_lines_json_and_move_list_tell_the_same(run_here: Run, doubled: Path, tmp_path: Path) -> None:
    done = run_here("duplicates", "--in", doubled, "--move-list", tmp_path / "copies", "-0")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == [["1", "best"], ["1", "exact"]]
    assert rows[1][3] == "same content"
    assert "1 group; besides the best ones: 1 exact; nothing was moved or deleted" in done.stderr
    told = json.loads(run_here("duplicates", "--in", doubled, "--json").stdout)
    [group] = told["groups"]
    assert (group["others"][0]["kind"], group["others"][0]["of"]) == ("exact", group["best"]["id"])
    assert (tmp_path / "copies").read_bytes() == group["others"][0]["path"].encode() + b"\0"
    assert sorted(file.name for file in doubled.glob("*.png")) == ["again\nm.png", "m.png"]


def test_a_move_list_that_cannot_be_is_refused_in_one_line(run_here: Run, doubled: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.txt"
    taken.write_text("mine")
    for file, why in ((taken, "exists already"), (tmp_path / "no" / "list", "there is no folder")):
        done = run_here("duplicates", "--in", doubled, "--move-list", file)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert why in done.stderr
    assert taken.read_text() == "mine"
    done = run_here("duplicates", "--in", doubled, "--kind", "never")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert run_here("duplicates", "--in", doubled, "-0").returncode == 2
