from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from twinlens.data.clipboard import clipboard_picture
from twinlens.errors import QueryError


def holds(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    def grab() -> object:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ImageGrab, "grabclipboard", grab)


def test_a_copied_picture_or_file_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.new("RGB", (9, 9))
    holds(monkeypatch, picture)
    assert clipboard_picture() is picture
    holds(monkeypatch, ["/home/someone/my photo.jpg", "/other.jpg"])
    assert clipboard_picture() == Path("/home/someone/my photo.jpg")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "there is no picture in the clipboard"),
        ([], "there is no picture in the clipboard"),
        (NotImplementedError("wl-paste or xclip is required"), "cannot be read: wl-paste or xclip is required"),
        (OSError("no display"), "save the picture to a file"),
    ],
)
def test_what_is_no_picture_is_one_line(monkeypatch: pytest.MonkeyPatch, found: object, told: str) -> None:
    holds(monkeypatch, found)
    with pytest.raises(QueryError, match=told):
        clipboard_picture()
