import sys
from pathlib import Path

import pytest

from twinlens.collection.place.broad import broad_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "people" / "anna"
    folder.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: folder)
    return folder


def test_the_home_folder_and_what_is_around_it_are_broad(home: Path) -> None:
    assert broad_folder(home) == "your home folder"
    assert broad_folder(home.parent) == "a folder of home folders"
    assert broad_folder(Path(home.anchor)) == "the root of a file system"
    assert broad_folder(home / "Pictures") is None
    assert broad_folder(home.parent / "ben") is None


@pytest.mark.parametrize("system", ["/etc", "/usr/share", "/var/lib", "/proc/1", "/mnt"])
def test_system_folders_are_broad(home: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert broad_folder(Path(system)) in {"a folder of the system", "a folder where disks are mounted"}


@pytest.mark.parametrize("folder", ["/mnt/nas", "/srv/photos", "/etcetera", "/media/anna/CARD"])
def test_disks_and_other_folders_are_not_broad(home: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert broad_folder(Path(folder)) is None


def test_a_home_behind_a_link_is_known(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "link")
    assert broad_folder(home) == "your home folder"


def test_a_service_whose_home_is_in_a_system_folder_can_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", lambda: Path("/var/lib/gallery"))
    assert broad_folder(Path("/var/lib/gallery/photos")) is None
    assert broad_folder(Path("/var/lib")) == "a folder of home folders"


def test_a_user_without_a_home_has_only_system_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", none)
    assert broad_folder(Path("/")) == "the root of a file system"
    assert broad_folder(Path("/usr")) == "a folder of the system"


def test_folders_of_windows_are_named_by_its_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("SystemRoot", str(tmp_path / "Windows"))
    assert broad_folder(tmp_path / "Windows" / "System32") == "a folder of the system"
    assert broad_folder(tmp_path / "Photos") is None
