"""What the EXIF tags for people say: description, and what Windows writes as title, comment, keywords and stars."""

import re
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags

from twinlens.data.metadata.said import Said, plain_names, plain_rating, plain_text

_TAGS = ExifTags.Base
_RATING = 0x4746
_OF_CAMERAS = re.compile(  # which write their own name where a description belongs
    r"[\w ]{0,20}digital (?:still )?camera|sony dsc|default|dav|exif_jpeg_picture|hdrpl|screenshot|"
    r"[a-z]:\\.*|dcim[\\/].*|(?:dji|img|dsc)_?\d+(?:\.jpe?g)?|(?:binary|user) comments?|(?:processed|created) with .*",
    re.IGNORECASE,
)


def read_exif_texts(exif: Mapping[int, Any]) -> Said:
    """What the tags of the first directory say."""
    description = _text(exif.get(_TAGS.ImageDescription))
    if description and _OF_CAMERAS.fullmatch(description):
        description = None
    rating = exif.get(_RATING)
    return Said(
        title=_of_windows(exif.get(_TAGS.XPTitle)),
        description=description or _of_windows(exif.get(_TAGS.XPComment)),
        keywords=plain_names((_of_windows(exif.get(_TAGS.XPKeywords)) or "").split(";")),
        rating=plain_rating(rating) if isinstance(rating, int) else None,
    )


def _text(value: object) -> str | None:
    if isinstance(value, str):  # Pillow reads bytes as Latin-1, most programs write UTF-8
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return plain_text(str(value))
    if not isinstance(value, bytes):
        return None
    try:
        return plain_text(value.decode("utf-8"))
    except UnicodeDecodeError:
        return plain_text(value.decode("cp1252", "replace"))


def _of_windows(value: object) -> str | None:
    data = bytes(value) if isinstance(value, tuple) and all(isinstance(one, int) for one in value) else value
    return plain_text(data.decode("utf-16-le", "replace")) if isinstance(data, bytes) else None
