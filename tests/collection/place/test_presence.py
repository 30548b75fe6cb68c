from pathlib import Path

import pytest

from twinlens.collection.place import presence
from twinlens.collection.place.presence import gone_files, is_absent, is_gone


def test_a_file_is_gone_if_its_name_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").touch()
    (tmp_path / "dead.jpg").symlink_to("nowhere.jpg")
    assert not is_gone(tmp_path / "here.jpg")
    assert is_gone(tmp_path / "gone.jpg")
    assert is_gone(tmp_path / "dead.jpg")
    assert is_gone(tmp_path / "here.jpg" / "below a file.jpg")


def test_a_file_that_nobody_can_look_for_is_not_called_gone(tmp_path: Path) -> None:
    assert not is_gone(tmp_path / ("long" * 100))  # the system refuses the name


def test_a_folder_that_is_missing_or_holds_only_a_collection_is_absent(tmp_path: Path) -> None:
    assert is_absent(tmp_path / "nowhere")
    (tmp_path / ".twinlens").mkdir()
    assert is_absent(tmp_path)
    (tmp_path / "a.jpg").touch()
    assert not is_absent(tmp_path)


def test_files_are_looked_for_only_as_long_as_people_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / f"{number}.jpg" for number in range(4)]
    assert gone_files(files) == set(files)
    times = iter([0.0, 0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr(presence.time, "monotonic", lambda: next(times))
    assert gone_files(files) == set(files[:2])


def test_a_name_that_no_file_can_have_is_gone(tmp_path: Path) -> None:
    assert is_gone(tmp_path / "a\0.jpg")
