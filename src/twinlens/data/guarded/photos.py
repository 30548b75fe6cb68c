"""Open a photo under guard: what could cost much or crash is decoded in another process, the rest here."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from PIL import Image

from twinlens.data.exif import PhotoDetails
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.light import is_light
from twinlens.data.images import Photo, open_photo, read_photo_bytes
from twinlens.data.video import frames
from twinlens.data.video.names import can_read_videos, is_video
from twinlens.errors import PhotoError

Value = TypeVar("Value")


@cache
def shared_guard() -> Guard:
    """The guard of commands and applications that open a photo now and then."""
    return Guard()


def open_guarded(
    source: Path | bytes,
    *,
    min_side: int | None = None,
    max_megapixels: float | None = None,
    guard: Guard | None = None,
) -> Photo:
    """As ``images.open_photo``, with the same pixels, but a photo that is not light is decoded under guard.

    Raises:
        PhotoError: as ``open_photo``; also if the photo takes too long, or crashes its decoder.
    """
    return Photo(*read_guarded(source, plain, min_side=min_side, max_megapixels=max_megapixels, guard=guard))


def read_guarded(
    source: Path | bytes,
    then: Callable[[Image.Image], Value],
    *,
    min_side: int | None = None,
    max_megapixels: float | None = None,
    guard: Guard | None = None,
    trusts_nothing: bool = False,
    at_ms: int | None = None,
) -> tuple[Value, PhotoDetails]:
    """A function's value for a decoded photo, computed where it was decoded: little has to travel.

    Args:
        source: a file, or its content; of the file of a video, one frame is the photo.
        then: gets the photo; can be pickled.
        min_side: as ``open_photo``.
        max_megapixels: as ``open_photo``.
        guard: None = the shared one.
        trusts_nothing: whether light photos go to the guard as well, as strangers' uploads should.
        at_ms: the time of the frame; None = one that stands for the video.

    Raises:
        PhotoError: as ``open_guarded``.
    """
    if isinstance(source, Path) and is_video(source):
        _check_videos_are_read()
        return (guard or shared_guard()).run(frames.cover, str(source), then, min_side, at_ms)
    data = source if isinstance(source, bytes) else read_photo_bytes(source)
    if not trusts_nothing and is_light(data, is_reduced=min_side is not None):
        return _read(data, then, min_side, max_megapixels)
    return (guard or shared_guard()).run(_read, data, then, min_side, max_megapixels)


def read_moments(
    video: Path, looks_ms: Sequence[int], then: Callable[[Image.Image], Value], *, min_side: int | None, guard: Guard
) -> list[tuple[int, Value]]:
    """A function's values for frames of a video, each with its time: see ``frames.moments``.

    Raises:
        PhotoError: the video cannot be read, takes too long, or crashes its decoder.
    """
    _check_videos_are_read()
    return guard.run(frames.moments, str(video), looks_ms, then, min_side)


def _check_videos_are_read() -> None:
    if not can_read_videos():
        raise PhotoError("a video; pip install 'twinlens[av]' reads videos")


def plain(image: Image.Image) -> Image.Image:
    """The picture without the notes of its file, of which only the profile is kept."""
    image.info = {key: value for key, value in image.info.items() if key == "icc_profile"}
    return image


def shrunk(image: Image.Image, *, side: int) -> Image.Image:
    """The picture with its longer side at most ``side`` pixels."""
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return plain(image)


def _read(
    data: bytes, then: Callable[[Image.Image], Value], min_side: int | None, max_megapixels: float | None
) -> tuple[Value, PhotoDetails]:
    photo = open_photo(data, min_side=min_side, max_megapixels=max_megapixels)
    return then(photo.image), photo.details
