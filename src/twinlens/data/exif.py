"""Read a photo's EXIF: size, date with time zone, camera, location."""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

logger = logging.getLogger(__name__)
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height


@dataclass(frozen=True, slots=True)
class PhotoDetails:
    """Attributes of a photo used by filters and shown in results.

    Attributes:
        width: pixels, upright.
        height: pixels, upright.
        taken_at: local time by the camera's clock, ``YYYY-MM-DDTHH:MM:SS``.
        utc_offset_minutes: the time zone of ``taken_at``, if the camera recorded one.
        camera: make and model.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
    """

    width: int
    height: int
    taken_at: str | None = None
    utc_offset_minutes: int | None = None
    camera: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_details(image: Image.Image) -> PhotoDetails:
    """Details of an opened image; missing or unreadable ones are None.

    Call it before ``Image.draft``, which changes the size of the image.
    """
    width, height = image.size
    # Pillow already swaps the size of a TIFF when it opens one
    if read_orientation(image) in _SIDEWAYS and image.format != "TIFF":
        width, height = height, width
    try:
        return _details(image.getexif(), width, height)
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        return PhotoDetails(width, height)


def read_orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) if missing or unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception as error:  # noqa: BLE001 — as above
        logger.debug("unreadable EXIF: %s", error)
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _details(exif: Image.Exif, width: int, height: int) -> PhotoDetails:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    taken = details.get(ExifTags.Base.DateTimeOriginal) or details.get(ExifTags.Base.DateTimeDigitized)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal) or details.get(ExifTags.Base.OffsetTime)
    return PhotoDetails(
        width,
        height,
        taken_at=_date(taken or exif.get(ExifTags.Base.DateTime)),
        utc_offset_minutes=_offset_minutes(offset),
        camera=_camera(exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Model)),
        latitude=_degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, limit=90),
        longitude=_degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, limit=180),
    )


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.replace("\0", " ").split()) or None if isinstance(value, str) else None


def _date(value: object) -> str | None:
    text = _text(value)
    match = re.match(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):?(\d\d)?", text or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, min(second, 59)).isoformat()
    except ValueError:  # cameras without a clock write "0000:00:00 00:00:00"
        return None


def _offset_minutes(value: object) -> int | None:
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", _text(value) or "")
    if not match:
        return None
    sign, hours, minutes = match.group(1), int(match.group(2)), int(match.group(3))
    if hours > 14 or minutes > 59:  # not a real time zone
        return None
    return (hours * 60 + minutes) * (-1 if sign == "-" else 1)


def _camera(make: object, model: object) -> str | None:
    maker, name = _text(make), _text(model)
    if not maker or not name:
        return name or maker
    # the model often repeats the make: "Canon" + "Canon EOS R5", "NIKON CORPORATION" + "NIKON D850"
    return name if name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"


def _degrees(gps: Mapping[int, Any], value_tag: int, reference_tag: int, *, limit: int) -> float | None:
    parts, reference = gps.get(value_tag), _text(gps.get(reference_tag))
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or not 0 <= value <= limit:
        return None
    return round(-value if reference in ("S", "W") else value, 7)
