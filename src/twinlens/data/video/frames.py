"""Frames of a video: where to look, and the key frames there as upright pictures."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from twinlens.data.exif import PhotoDetails
from twinlens.data.images import DRAFT_OVERSAMPLING, MAX_MEGAPIXELS
from twinlens.data.video.container import Video, details_of, opened
from twinlens.errors import PhotoError, PhotoTooLargeError

EVERY_S = 15.0  # four looks a minute
SHORT_LOOKS, SHORT_S = 60, 5.0  # a video of up to five minutes is looked at more often
LEAST_LOOKS, LEAST_S = 4, 2.0  # and one of a few seconds more often than that
MOST_LOOKS = 600  # of a long one, which is then looked at less often
DULL = 8.0  # the spread of grey in a frame that shows next to nothing, such as black before the first scene
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
Value = TypeVar("Value")


def looks_ms(duration_ms: int | None) -> list[int]:
    """Where to look at a video of this length: in the middle of equal parts.

    >>> looks_ms(None), looks_ms(3000), looks_ms(60_000)
    ([0], [750, 2250], [2500, 7500, 12500, 17500, 22500, 27500, 32500, 37500, 42500, 47500, 52500, 57500])
    """
    if not duration_ms:
        return [0]
    seconds = duration_ms / 1000
    least = min(LEAST_LOOKS, math.ceil(seconds / LEAST_S))
    short = min(SHORT_LOOKS, math.ceil(seconds / SHORT_S))
    count = min(MOST_LOOKS, max(least, short, math.ceil(seconds / EVERY_S)))
    return [round((number + 0.5) * duration_ms / count) for number in range(count)]


def cover(
    path: str, then: Callable[[Image.Image], Value], min_side: int | None, at_ms: int | None = None
) -> tuple[Value, PhotoDetails]:
    """The picture that stands for a video, or the one at a time, and what its container says.

    Args:
        path: of the video.
        then: gets the picture.
        min_side: as ``images.open_photo``.
        at_ms: None = one of the first that shows something.

    Raises:
        PhotoError: it has no picture that can be read.
    """
    with opened(path) as video:
        looks = looks_ms(video.duration_ms)
        tried = [looks[0], looks[len(looks) // 4], looks[len(looks) // 2], 0] if at_ms is None else [at_ms, 0]
        image: Image.Image | None = None
        for found, _ in _pictures_at(video, tried, min_side):
            is_enough = at_ms is not None or not _is_dull(found)
            if image is None or is_enough:
                image = found
            if is_enough:
                break
        if image is None:
            raise PhotoError("damaged or protected: none of its pictures can be decoded")
        size = image.info.pop("size")
        return then(image), details_of(video, size=size)


def moments(
    path: str, looks: Sequence[int], then: Callable[[Image.Image], Value], min_side: int | None
) -> list[tuple[int, Value]]:
    """The key frames at or before some times, each once, with their own times in milliseconds."""
    with opened(path) as video:
        return [(at_ms, then(image)) for image, at_ms in _pictures_at(video, looks, min_side)]


def _pictures_at(video: Video, looks: Sequence[int], min_side: int | None) -> Iterator[tuple[Image.Image, int]]:
    seen: set[int] = set()
    for look in looks:
        frame = _key_frame(video, look + 1)  # a time that was rounded down must find its own frame
        if frame is None:
            continue
        at_ms = max(0, round((float(frame.pts * frame.time_base) - video.start_s) * 1000)) if frame.pts else 0
        if at_ms not in seen:
            seen.add(at_ms)
            yield _picture(frame, video.stream, min_side), at_ms


def _key_frame(video: Video, look_ms: int) -> Any:
    """The last key frame up to a time; None if there is none that can be decoded."""
    import av

    stream = video.stream
    try:
        video.container.seek(round((look_ms / 1000 + video.start_s) / stream.time_base), stream=stream)
    except av.FFmpegError:  # a stream without an index, such as that of a camera that lost its power
        if look_ms:
            return None
    try:
        return next(video.container.decode(stream), None)
    except av.FFmpegError:  # damaged there; other places may be whole
        return None


def _picture(frame: Any, stream: Any, min_side: int | None) -> Image.Image:
    """A frame as an upright picture, whose shown size is in ``info``; smaller if that is enough."""
    shape = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = max(1, round(frame.width * shape)), frame.height
    if width * height > MAX_MEGAPIXELS * 1e6:
        raise PhotoTooLargeError(f"{width * height / 1e6:,.0f} megapixels, more than {MAX_MEGAPIXELS:g}")
    scale = 1.0 if min_side is None else min(1.0, min_side * DRAFT_OVERSAMPLING / min(width, height))
    small = [max(1, math.ceil(side * scale)) for side in (width, height)]
    image: Image.Image = frame.reformat(*small, format="rgb24", interpolation="AREA").to_image()
    turn = round(frame.rotation) % 360
    if turn in _TURNS:
        image = image.transpose(_TURNS[turn])
    image.info["size"] = (height, width) if turn in (90, 270) else (width, height)
    return image


def _is_dull(image: Image.Image) -> bool:
    return float(np.asarray(image.convert("L")).std()) < DULL
