"""Readers of other packages: recognized like built-in ones, listed in errors, and never in the way of the others."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installed_package import install_package
from twinlens.data import READERS
from twinlens.data.find import find_kind, known_kind, open_dataset
from twinlens.errors import DataError, UnknownPartError

Install = Callable[[str, str], None]

READER = """
from twinlens.types import CaptionedImage

def recognizes(directory):
    return (directory / "album.xml").is_file()

def read_album(source):
    photo = CaptionedImage("a.jpg", source.directory / "a.jpg", ("a red kite",))
    return source.captioned([photo], {"train": ["a.jpg"]})
"""
CAPTIONS = '[{"file_name": "a.jpg", "caption": "a red kite"}]'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package whose only part is a reader called ``album``; its module is forgotten after the test."""
    modules: list[str] = []

    def make(module: str, source: str) -> None:
        parts = {"album": f"{module}:read_album"}
        install_package(tmp_path / "site", module, source, family="dataset", parts=parts)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        modules.append(module)

    yield make
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder in a format that only the package reads."""
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "album.xml").write_text("<album/>", encoding="utf-8")
    return folder


def test_folder_is_recognized_by_the_reader_of_another_package(install: Install, album: Path) -> None:
    assert find_kind(album) is None
    install("album_reader", READER)
    assert find_kind(album) == known_kind(album) == "album"
    (photo,) = open_dataset(album).split("all")
    assert (photo.image_id, photo.captions) == ("a.jpg", ("a red kite",))


def test_built_in_readers_come_first(install: Install, album: Path) -> None:
    install("album_second", READER)
    (album / "captions.json").write_text(CAPTIONS, encoding="utf-8")
    assert find_kind(album) == "captions-json"
    assert "album_second" not in sys.modules


def test_unrecognized_folder_lists_installed_readers_too(install: Install, tmp_path: Path) -> None:
    install("album_listed", READER)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=", ".join([*READERS, "album"])):
        open_dataset(tmp_path / "empty")


def test_unrecognized_folder_lists_the_files_that_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        known_kind(tmp_path)
    names = "captions.json dataset*.json captions_train*.json region_descriptions.json Flickr8k.token.txt captions.csv "
    names += "results.csv train/metadata.jsonl photo.txt *.tar *.parquet"
    assert [name for name in names.split() if name not in str(error.value)] == []
    assert "\n" not in str(error.value)


def test_reader_that_recognizes_nothing_is_used_by_name(install: Install, album: Path) -> None:
    install("album_named", READER.replace("def recognizes", "def something_else"))
    assert find_kind(album) is None
    assert len(open_dataset(album, kind="album").split("all")) == 1


@pytest.mark.parametrize(
    "source", ["import a_package_that_is_missing\n", "def recognizes(directory):\n    raise OSError('no such drive')\n"]
)
def test_reader_that_fails_is_skipped_with_a_warning(
    install: Install, album: Path, caplog: pytest.LogCaptureFixture, source: str
) -> None:
    install("album_broken", source)
    with caplog.at_level(logging.WARNING):
        assert find_kind(album) is None
    (record,) = caplog.records
    assert "'album'" in record.getMessage()
    assert "a_package_that_is_missing" in record.getMessage() or "no such drive" in record.getMessage()


def test_reader_that_cannot_be_imported_is_named_when_asked_for(install: Install, album: Path) -> None:
    install("album_missing", "import a_package_that_is_missing\n")
    with pytest.raises(UnknownPartError, match=r"'album' cannot be loaded: .*a_package_that_is_missing"):
        open_dataset(album, kind="album")
    with pytest.raises(UnknownPartError, match="did you mean 'album'"):
        open_dataset(album, kind="albun")
