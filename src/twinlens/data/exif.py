"""Read a photo's metadata: size, date with time zone, camera, location, and what people wrote into it."""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

from twinlens.data.dating.moment import Moment, moment, offset_minutes
from twinlens.data.dating.spellings import read_date
from twinlens.data.metadata.exif_texts import read_exif_texts
from twinlens.data.metadata.iptc import read_iptc
from twinlens.data.metadata.said import NOTHING, Said, combined, first_moment
from twinlens.data.metadata.xml_tree import XmlError
from twinlens.data.metadata.xmp import read_xmp
from twinlens.types import DateSource

logger = logging.getLogger(__name__)
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_TAGS = ExifTags.Base
LONGEST_LENS = 200  # characters


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
        title: a few words.
        description: a sentence or more.
        keywords: parts of one are joined with "|", such as ``animals|dog``.
        people: names.
        rating: 1 to 5 stars, 0 for none, -1 for a rejected photo.
        duration_ms: of a video; 0 if it does not say.
        lens: its model.
    """

    width: int
    height: int
    taken_at: str | None = None
    utc_offset_minutes: int | None = None
    camera: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    date_source: DateSource | None = None
    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    duration_ms: int | None = None
    lens: str | None = None


def read_details(image: Image.Image) -> PhotoDetails:
    """Details of an opened image; missing or unreadable ones are None.

    Call it before ``Image.draft``, which changes the size of the image.
    """
    width, height = image.size
    # Pillow already swaps the size of a TIFF when it opens one
    if read_orientation(image) in _SIDEWAYS and image.format != "TIFF":
        width, height = height, width
    xmp, iptc = _xmp(image), read_iptc(image)
    try:
        return _details(image.getexif(), xmp, iptc, width, height)
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        return _details(Image.Exif(), xmp, iptc, width, height)


def read_orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) if missing or unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception as error:  # noqa: BLE001 — as above
        logger.debug("unreadable EXIF: %s", error)
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _details(exif: Image.Exif, xmp: Said, iptc: Said, width: int, height: int) -> PhotoDetails:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    taken = first_moment(_exif_moment(exif, details), xmp.moment, iptc.moment, _gps_moment(gps))
    latitude = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, limit=90)
    longitude = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, limit=180)
    if xmp.position and (latitude is None or longitude is None):
        latitude, longitude = xmp.position
    texts = combined(xmp, iptc, read_exif_texts(exif))
    return PhotoDetails(
        width,
        height,
        taken_at=taken and taken.taken_at,
        utc_offset_minutes=taken and taken.utc_offset_minutes,
        camera=camera_name(exif.get(_TAGS.Make), exif.get(_TAGS.Model)),
        latitude=latitude,
        longitude=longitude,
        date_source=taken and taken.source,
        title=texts.title,
        description=texts.description,
        keywords=texts.keywords,
        people=texts.people,
        rating=texts.rating,
        lens=_lens(details),
    )


def _xmp(image: Image.Image) -> Said:
    packet = image.info.get("xmp")
    if not isinstance(packet, bytes):
        return NOTHING
    try:
        return read_xmp(packet)
    except XmlError as error:
        logger.debug("unreadable XMP: %s", error)
        return NOTHING


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


def camera_name(make: object, model: object) -> str | None:
    """Maker and model as one name."""
    maker, name = _text(make), _text(model)
    if not maker or not name:
        return name or maker
    # the model often repeats the make: "Canon" + "Canon EOS R5", "NIKON CORPORATION" + "NIKON D850"
    return name if name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"


def _lens(details: Mapping[int, Any]) -> str | None:
    """Cameras that do not know their lens write dashes, or zeros."""
    name = _text(details.get(_TAGS.LensModel))
    return name[:LONGEST_LENS] if name and re.search(r"[1-9]|[^\W\d_]{3}", name) else None


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
