"""Read a photo's metadata: size, date with time zone, camera, location."""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

from twinlens.data.dating.iptc import iptc_moment
from twinlens.data.dating.moment import Moment, moment, offset_minutes
from twinlens.data.dating.spellings import read_date
from twinlens.types import DateSource

logger = logging.getLogger(__name__)
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_TAGS = ExifTags.Base


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
        date_source: what told the date.
    """

    width: int
    height: int
    taken_at: str | None = None
    utc_offset_minutes: int | None = None
    camera: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    date_source: DateSource | None = None


def read_details(image: Image.Image) -> PhotoDetails:
    """Details of an opened image; missing or unreadable ones are None.

    Call it before ``Image.draft``, which changes the size of the image.
    """
    width, height = image.size
    # Pillow already swaps the size of a TIFF when it opens one
    if read_orientation(image) in _SIDEWAYS and image.format != "TIFF":
        width, height = height, width
    try:
        return _details(image, image.getexif(), width, height)
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        return _without_exif(image, width, height)


def read_orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) if missing or unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception as error:  # noqa: BLE001 — as above
        logger.debug("unreadable EXIF: %s", error)
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _details(image: Image.Image, exif: Image.Exif, width: int, height: int) -> PhotoDetails:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    taken = _exif_moment(exif, details) or iptc_moment(image) or _gps_moment(gps)
    return PhotoDetails(
        width,
        height,
        taken_at=taken and taken.taken_at,
        utc_offset_minutes=taken and taken.utc_offset_minutes,
        camera=_camera(exif.get(_TAGS.Make), exif.get(_TAGS.Model)),
        latitude=_degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, limit=90),
        longitude=_degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, limit=180),
        date_source=taken and taken.source,
    )


def _without_exif(image: Image.Image, width: int, height: int) -> PhotoDetails:
    taken_at, offset, source = iptc_moment(image) or (None, None, None)
    return PhotoDetails(width, height, taken_at=taken_at, utc_offset_minutes=offset, date_source=source)


def _exif_moment(exif: Image.Exif, details: Mapping[int, Any]) -> Moment | None:
    """The first plausible date: of the shot, of the scan, of the last change."""
    own = details.get(_TAGS.OffsetTimeOriginal), details.get(_TAGS.OffsetTimeDigitized), None
    written = details.get(_TAGS.DateTimeOriginal), details.get(_TAGS.DateTimeDigitized), exif.get(_TAGS.DateTime)
    for value, zone in zip(written, own, strict=True):
        offset = _offset_minutes(zone or details.get(_TAGS.OffsetTime) or own[0])
        if found := moment(read_date(_text(value) or ""), "exif", utc_offset_minutes=offset):
            return found
    return None


def _gps_moment(gps: Mapping[int, Any]) -> Moment | None:
    """Satellites tell the date and time in UTC."""
    taken, clock = read_date(_text(gps.get(ExifTags.GPS.GPSDateStamp)) or ""), gps.get(ExifTags.GPS.GPSTimeStamp)
    if taken is None:
        return None
    try:
        hours, minutes, seconds = (float(part) for part in clock or ())
        of_day = timedelta(hours=hours, minutes=minutes, seconds=int(seconds))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        of_day = timedelta()
    day = datetime(taken.year, taken.month, taken.day)
    within = of_day if timedelta() <= of_day < timedelta(days=1) else timedelta()
    return moment(day + within, "gps", utc_offset_minutes=0)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.replace("\0", " ").split()) or None if isinstance(value, str) else None


def _offset_minutes(value: object) -> int | None:
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", _text(value) or "")
    if not match:
        return None
    return offset_minutes(match[1], int(match[2]), int(match[3]))


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
