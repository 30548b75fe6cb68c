"""Open a video: its stream of pictures, how long it is, and what its container says about it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twinlens.data.dating.moment import Moment, moment
from twinlens.data.exif import PhotoDetails, camera_name
from twinlens.errors import PhotoError

# FFmpeg also reads playlists, which name other files and addresses: only these formats, and nothing but the file
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,h264,hevc"
LONGEST_S = 100 * 3600.0  # a longer one says so by mistake
_POSITION = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_POSITIONS = ("com.apple.quicktime.location.iso6709", "location", "location-eng", "xyz")
_MAKERS = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODELS = ("com.apple.quicktime.model", "com.android.model", "model")
_DATES = ("com.apple.quicktime.creationdate", "creation_time", "date")


@dataclass(frozen=True)
class Video:
    """An open video.

    Attributes:
        container: of PyAV.
        stream: of its pictures.
        duration_ms: None if it does not say.
    """

    container: Any
    stream: Any
    duration_ms: int | None

    @property
    def start_s(self) -> float:
        """What its clock says at the first picture."""
        return float((self.stream.start_time or 0) * self.stream.time_base)


@contextmanager
def opened(path: str) -> Iterator[Video]:
    """Opens a video; what FFmpeg says of a fault becomes our reason.

    Raises:
        PhotoError: it is empty, damaged, protected, or has no pictures.
    """
    import av  # imported only when there are videos

    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    try:
        with av.open(path, options=options, metadata_errors="replace") as container:
            stream = _pictures(container)
            stream.codec_context.skip_frame = "NONKEY"
            stream.codec_context.thread_count = 1  # other threads would only wait for the next picture
            yield Video(container, stream, _duration_ms(container, stream))
    except av.error.FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except av.FFmpegError as error:
        why = error.strerror or str(error)
        raise PhotoError(f"damaged or cut off, its pictures cannot be read: {why}") from error
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # PyAV raises whatever it trips over
        raise PhotoError(f"damaged: {type(error).__name__}") from error


def details_of(video: Video, *, size: tuple[int, int]) -> PhotoDetails:
    """What the container says: date, camera, position, length.

    Args:
        video: that is open.
        size: width and height as it is shown.
    """
    told = {key.lower(): str(value) for part in (video.stream, video.container) for key, value in part.metadata.items()}
    latitude, longitude = _position(_first(told, _POSITIONS))
    dates = (_moment(told[key]) for key in _DATES if key in told)
    taken = next((found for found in dates if found), None)
    return PhotoDetails(
        *size,
        taken_at=taken and taken.taken_at,
        utc_offset_minutes=taken and taken.utc_offset_minutes,
        camera=camera_name(_first(told, _MAKERS), _first(told, _MODELS)),
        latitude=latitude,
        longitude=longitude,
        date_source=taken and taken.source,
        title=" ".join(told.get("title", "").split()) or None,
        duration_ms=video.duration_ms or 0,
    )


def _pictures(container: Any) -> Any:
    for stream in container.streams.video:
        if not stream.disposition & stream.disposition.attached_pic:  # the cover of an album
            if stream.codec_context is None:
                raise PhotoError("protected against copying, or by a codec that is not known")
            return stream
    raise PhotoError("a video without pictures" + (", only sound" if container.streams.audio else ""))


def _duration_ms(container: Any, stream: Any) -> int | None:
    seconds = [container.duration / 1e6] if container.duration else []
    if stream.duration:
        seconds.append(float(stream.duration * stream.time_base))
    return next((round(one * 1000) for one in seconds if 0 < one <= LONGEST_S), None)


def _first(told: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((told[key] for key in keys if told.get(key)), None)


def _position(text: str | None) -> tuple[float | None, float | None]:
    """From ISO 6709, such as ``+48.8577+002.2950/``."""
    match = _POSITION.fullmatch((text or "").strip())
    if match is None:
        return None, None
    latitude, longitude = float(match[1]), float(match[2])
    is_real = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude)
    return (latitude, longitude) if is_real else (None, None)


def _moment(text: str) -> Moment | None:
    match = _DATE.match(text.strip().replace(" ", "T", 1))
    if match is None:
        return None
    try:
        taken = datetime.fromisoformat(match[1] + (match[2] or ""))
    except ValueError:
        return None
    offset = taken.utcoffset()
    minutes = None if offset is None else int(offset.total_seconds() // 60)
    return moment(taken.replace(tzinfo=None), "exif", utc_offset_minutes=minutes)
