"""A file is replaced as a whole, or stays as it was."""

import os
from pathlib import Path

import pytest

from twinlens.whole_file import whole_file


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("too large"), KeyboardInterrupt()])
def test_after_a_failure_the_old_content_is_all_there_is(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "model.json"
    file.write_text("old")

    def fail_half_way() -> None:
        with whole_file(file) as place:
            place.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail_half_way()
    assert [found.name for found in tmp_path.iterdir()] == ["model.json"]
    assert file.read_text() == "old"


def test_until_the_end_readers_see_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("old")
    with whole_file(file) as place:
        place.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"


def test_what_lies_in_its_place_is_removed_and_no_link_followed(tmp_path: Path) -> None:
    mine, file = tmp_path / "mine.txt", tmp_path / "model.json"
    mine.write_text("mine")
    (tmp_path / ".model.json.partial").symlink_to(mine)
    with whole_file(file) as place:
        assert not place.exists()
        place.write_text("new")
    assert (file.read_text(), mine.read_text()) == ("new", "mine")
    assert not file.is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_a_device_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "null")
    with pytest.raises(FileExistsError, match="not a regular file"), whole_file(tmp_path / "null"):
        pytest.fail("nothing must be written")
    assert (tmp_path / "null").is_fifo()
