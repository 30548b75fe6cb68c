import errno
from pathlib import Path

import pytest

from twinlens.collection.place.disk import LAST_SCAN, disk_error, make_folder, remove_unused
from twinlens.errors import CollectionError, DiskFullError
from twinlens.whole_file import whole_file


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_below_a_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectionError, match="use --collection DIR"):
        make_folder(tmp_path / "file" / "below")


def test_an_unused_collection_goes_without_a_trace(tmp_path: Path) -> None:
    place = tmp_path / ".twinlens"
    place.mkdir()
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "index.lock", "last_scan.jsonl"):
        (place / name).write_text("")
    remove_unused(place)
    assert not place.exists()


def test_other_files_in_its_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_text("")
    (tmp_path / "letter.txt").write_text("dear")
    remove_unused(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_says_that_nothing_is_lost(tmp_path: Path, number: int) -> None:
    error = disk_error(tmp_path, OSError(number, "full"))
    assert isinstance(error, DiskFullError)
    assert "what was indexed before is safe" in str(error)


def test_any_other_error_of_the_disk_keeps_its_reason(tmp_path: Path) -> None:
    error = disk_error(tmp_path, OSError(errno.EIO, "Input/output error"))
    assert not isinstance(error, DiskFullError)
    assert "Input/output error" in str(error)


def test_what_is_in_the_way_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / LAST_SCAN).mkdir()
    with pytest.raises(FileExistsError) as refused, whole_file(tmp_path / LAST_SCAN):
        pass
    told = str(disk_error(tmp_path, refused.value))
    assert told == (f"indexing into {tmp_path} failed: {tmp_path / LAST_SCAN}: is not a regular file; move it away")
