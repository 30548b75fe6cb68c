"""The date in a photo's IPTC data."""

import logging
import re
from datetime import datetime
from typing import Any

from PIL import Image, IptcImagePlugin
from PIL.ImageFile import ImageFile

from twinlens.data.dating.moment import Moment, moment, offset_minutes

logger = logging.getLogger(__name__)
# date and time "created", then those of digitization; (record, data set)
_FIELDS = (((2, 55), (2, 60)), ((2, 62), (2, 63)))


def iptc_moment(image: Image.Image) -> Moment | None:
    """When the photo was created by its IPTC data; None if there is none, or it is damaged."""
    if not isinstance(image, ImageFile):
        return None
    try:
        fields = IptcImagePlugin.getiptcinfo(image) or {}
    except Exception as error:  # noqa: BLE001 — damaged data may raise anything; the photo itself is fine
        logger.debug("unreadable IPTC data: %s", error)
        return None
    found = (_moment(fields.get(date), fields.get(time)) for date, time in _FIELDS)
    return next((one for one in found if one is not None), None)


def _moment(date: Any, time: Any) -> Moment | None:
    """From ``20210704``, in which 00 stands for an unknown month or day, and ``113639+0200``."""
    day = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)", _text(date), re.ASCII)
    clock = re.fullmatch(r"(\d\d):?(\d\d):?(\d\d)(?:([+-])(\d\d):?(\d\d))?", _text(time), re.ASCII)
    if not day:
        return None
    offset = offset_minutes(clock[4], int(clock[5]), int(clock[6])) if clock and clock[4] else None
    try:
        hour, minute, second = (int(clock[part]) if clock else 0 for part in (1, 2, 3))
        taken = datetime(int(day[1]), int(day[2]), int(day[3]), hour, minute, second)
    except ValueError:
        return None
    return moment(taken, "iptc", utc_offset_minutes=offset)


def _text(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return first.decode("ascii", "replace").strip(" \0") if isinstance(first, bytes) else ""
