"""What a photo's IPTC data say: title, caption, keywords, and when it was created."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from PIL import Image, IptcImagePlugin
from PIL.ImageFile import ImageFile

from twinlens.data.dating.moment import Moment, moment, offset_minutes
from twinlens.data.metadata.said import NOTHING, Said, plain_names, plain_text

logger = logging.getLogger(__name__)
Fields: TypeAlias = Mapping[tuple[int, int], Any]
"""Values by record and data set: bytes, or a list of them."""

_CHARACTER_SET, _UTF8 = (1, 90), b"\x1b%G"
_TITLES, _KEYWORDS, _CAPTION = ((2, 5), (2, 105)), (2, 25), (2, 120)  # the second title is the headline
# date and time "created", then those of digitization
_DATES = (((2, 55), (2, 60)), ((2, 62), (2, 63)))


def read_iptc(image: Image.Image) -> Said:
    """What the IPTC data of an opened image say; nothing if there are none, or they are damaged."""
    if not isinstance(image, ImageFile):
        return NOTHING
    try:
        fields: Fields = IptcImagePlugin.getiptcinfo(image) or {}
    except Exception as error:  # noqa: BLE001 — damaged data may raise anything; the photo itself is fine
        logger.debug("unreadable IPTC data: %s", error)
        return NOTHING
    if not fields:
        return NOTHING
    titles = (text for name in _TITLES for text in _texts(fields, name))
    moments = (_moment(fields.get(date), fields.get(time)) for date, time in _DATES)
    return Said(
        title=next((text for title in titles if (text := plain_text(title))), None),
        description=next((plain_text(text) for text in _texts(fields, _CAPTION)), None),
        keywords=plain_names(_texts(fields, _KEYWORDS)),
        moment=next((one for one in moments if one is not None), None),
    )


def _texts(fields: Fields, name: tuple[int, int]) -> list[str]:
    found = fields.get(name, [])
    values = found if isinstance(found, list) else [found]
    return [_decoded(value, fields.get(_CHARACTER_SET)) for value in values if isinstance(value, bytes)]


def _decoded(value: bytes, character_set: object) -> str:
    """Most programs write UTF-8, and many do not say so; old ones write Latin letters."""
    if character_set == _UTF8:
        return value.decode("utf-8", "replace")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


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
