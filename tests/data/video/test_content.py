"""The hash by which a video is known again."""

from pathlib import Path

import pytest

from twinlens.data.content_hash import content_hash
from twinlens.data.video import content
from twinlens.data.video.content import video_hash
from twinlens.errors import PhotoError


def test_short_video_has_the_hash_of_its_whole_content(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"content")
    assert video_hash(tmp_path / "a.mp4") == content_hash(b"content")


def test_long_video_is_known_by_size_start_end_and_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "WHOLE_BYTES", 1000)
    monkeypatch.setattr(content, "SAMPLE_BYTES", 10)
    whole = bytes(range(256)) * 40
    (tmp_path / "a.mp4").write_bytes(whole)
    (tmp_path / "same.mov").write_bytes(whole)
    known = video_hash(tmp_path / "a.mp4")
    assert video_hash(tmp_path / "same.mov") == known
    for other in (whole + b"\0", b"x" + whole[1:], whole[:-1] + b"x"):
        (tmp_path / "b.mp4").write_bytes(other)
        assert video_hash(tmp_path / "b.mp4") != known


def test_empty_and_missing_videos_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(PhotoError, match="empty file"):
        video_hash(tmp_path / "a.mp4")
    with pytest.raises(PhotoError, match="file is gone"):
        video_hash(tmp_path / "none.mp4")
