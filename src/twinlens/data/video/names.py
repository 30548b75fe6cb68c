"""Which files are videos, by their names, and whether this installation reads them."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from twinlens.data.decoding.kinds import VIDEO_SUFFIXES
from twinlens.data.video.content import WHOLE_BYTES


def is_video(path: Path) -> bool:
    """Whether a file is a video by its name.

    >>> is_video(Path("clip.MP4")), is_video(Path("photo.jpg"))
    (True, False)
    """
    return path.suffix.lower() in VIDEO_SUFFIXES


def is_known_by_samples(path: Path, size_bytes: int) -> bool:
    """Whether the hash of a file's content is that of samples: then equal hashes do not prove equal bytes."""
    return size_bytes > WHOLE_BYTES and is_video(path)


@cache
def can_read_videos() -> bool:
    """Whether the extra ``av`` is installed."""
    return find_spec("av") is not None
