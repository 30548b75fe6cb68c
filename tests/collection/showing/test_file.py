import os
from dataclasses import replace
from pathlib import Path

import pytest

from twinlens.collection.showing.card import PhotoCard
from twinlens.collection.showing.file import OutsideLibraryError, media_type, photo_file
from twinlens.errors import PhotoError


def card(path: Path, folder: Path, *, size_bytes: int = 0, mtime_ns: int = 0) -> PhotoCard:
    return PhotoCard(
        1, path.name, path, folder, size_bytes, mtime_ns, b"\x01" * 16, 1, 1, None, None, None, None, None, None, False
    )


def test_a_file_that_is_as_it_was_indexed_is_tagged_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    stat = path.stat()
    file = photo_file(card(path, tmp_path, size_bytes=4, mtime_ns=stat.st_mtime_ns))
    assert (file.media_type, file.tag) == ("image/jpeg", "01" * 16)
    other = photo_file(card(path, tmp_path, size_bytes=5, mtime_ns=stat.st_mtime_ns))
    assert other.tag != file.tag


def test_a_link_that_leaves_the_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"\xff\xd8\xff")
    link = tmp_path / "library" / "link.jpg"
    link.symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(OutsideLibraryError):
        photo_file(card(link, tmp_path / "library"))


def test_a_link_that_is_followed_shows_only_what_was_indexed(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"\xff\xd8\xff")
    link = tmp_path / "library" / "link.jpg"
    link.symlink_to(outside)
    indexed = card(link, tmp_path / "library", size_bytes=3, mtime_ns=outside.stat().st_mtime_ns)
    followed = replace(indexed, may_leave_folder=True)
    assert photo_file(followed).path == outside
    outside.write_bytes(b"something else")
    with pytest.raises(OutsideLibraryError, match="not as it was indexed"):
        photo_file(followed)


def test_what_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="file is gone"):
        photo_file(card(tmp_path / "gone.jpg", tmp_path))
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoError, match="not a regular file"):
        photo_file(card(tmp_path / "pipe.jpg", tmp_path))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0avif", "image/avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heic", "image/heif"),
        (b"<html><script>", "application/octet-stream"),
    ],
)
def test_the_type_is_told_by_the_first_bytes(start: bytes, expected: str) -> None:
    assert media_type(start.ljust(32, b"\0")) == expected
