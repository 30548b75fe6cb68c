import os
from pathlib import Path

import pytest

from twinlens.collection.duplicates.found import GroupedPhoto
from twinlens.collection.duplicates.move_list import write_move_list
from twinlens.errors import CollectionError


def test_names_keep_their_bytes(tmp_path: Path) -> None:
    file = tmp_path / "list"
    odd = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    assert write_move_list(file, [GroupedPhoto("a", odd)]) == 1
    assert file.read_bytes() == os.fsencode(odd) + b"\n"


def test_a_line_break_in_a_name_needs_nul(tmp_path: Path) -> None:
    photo = GroupedPhoto("a", tmp_path / "a\nb.jpg")
    with pytest.raises(CollectionError, match="separate the paths by NUL with -0"):
        write_move_list(tmp_path / "list", [photo])
    assert not (tmp_path / "list").exists()
    write_move_list(tmp_path / "list", [photo], nul=True)
    assert (tmp_path / "list").read_bytes() == os.fsencode(photo.path) + b"\0"


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("mine")
    with pytest.raises(CollectionError, match="exists already"):
        write_move_list(tmp_path / "list", [])
    assert (tmp_path / "list").read_text() == "mine"
