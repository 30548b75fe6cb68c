"""``docs/extend/reader.md``: the reader passes its contract, and every command finds it by looking."""

import json
from pathlib import Path

import pytest
from PIL import Image

from extend.conftest import Install, Run
from twinlens.data.find import find_kind, open_dataset
from twinlens.errors import DataError


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder, lines = tmp_path / "holidays", []
    folder.mkdir()
    for number in range(10):
        Image.new("RGB", (48, 36), (25 * number, 90, 250 - 25 * number)).save(folder / f"{number}.png")
        lines += [f"{number}.png", f"  a plain wall, number {number}", "", f"\tthe {number}th wall"]
    (folder / "album.txt").write_text("\n".join(lines))
    return folder


def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("reader.md").run_its_test(site, tmp_path)


def test_an_album_is_found_by_looking(install: Install, album: Path) -> None:
    assert find_kind(album) != "album"
    install("reader.md")
    assert find_kind(album) == "album"
    photos = open_dataset(album).split("all")
    assert len(photos) == 10
    assert photos[3].captions == ("a plain wall, number 3", "the 3th wall")


def test_a_malformed_line_is_named(install: Install, album: Path) -> None:
    install("reader.md")
    (album / "album.txt").write_text("../secret.png\n  a wall\n")
    with pytest.raises(DataError, match=r"album.txt, line 1: .*is not below the folder of photos"):
        open_dataset(album)
    (album / "album.txt").write_text("  a wall\n")
    with pytest.raises(DataError, match="line 1: expected a photo's name before its captions, got '  a wall'"):
        open_dataset(album)


def test_commands_read_and_convert_it(install: Install, run: Run, album: Path, tmp_path: Path) -> None:
    install("reader.md")
    told = run("datasets", "info", album)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("holidays (album)\nphotos: 10\ncaptions: 20, 2 to 2 per photo, mean 2.0\nsplits: ")
    out = tmp_path / "holidays-json"
    done = run("datasets", "convert", album, "--to", "captions-json", "--out", out)
    assert done.returncode == 0, done.stderr
    rows = json.loads((out / "captions.json").read_text())
    assert len(rows) == 20
    assert open_dataset(out).split("test") != []
