"""What Google Takeout says of a folder: that it is an album, and which."""

import json
import re
from pathlib import Path

from twinlens.data.metadata.said import plain_text
from twinlens.data.metadata.takeout import TakeoutError
from twinlens.data.metadata.xml_tree import MOST_BYTES
from twinlens.data.objects.reading import read_start

# in the language of its owner; with a number where folders were put together
_NAME = re.compile(
    r"(?:metadata|metadaten|m[ée]tadonn[ée]es|metadatos|metadati|metadados|metagegevens|metadane|metadat[au]?|"
    r"meta veriler|метаданные|метадані|メタデータ|元数据|中繼資料|메타데이터)(?:\(\d{1,4}\))?\.json",
    re.IGNORECASE,
)
_OF_A_YEAR = re.compile(  # what Google puts all photos of a year into is nobody's album
    r"(?:photos (?:from|de)|fotos (?:von|aus|de(?:l)?)|foto (?:del|da(?:l)?|van)|foto['’]s uit|zdjęcia z|foton från|"
    r"bilder fra|billeder fra|фото за) \d{4}",
    re.IGNORECASE,
)


def is_album_file(name: str) -> bool:
    """Whether a file of this name may tell the album of its folder.

    >>> [is_album_file(name) for name in ("metadata.json", "Metadaten(1).json", "beach.jpg.json")]
    [True, True, False]
    """
    return _NAME.fullmatch(name) is not None


def read_album_title(file: Path) -> str | None:
    """The title that people gave to the album; None if it has none, or is only the folder of a year.

    Raises:
        TakeoutError: it is no such file, or is damaged.
        OSError: it cannot be read.
    """
    data = read_start(file, MOST_BYTES + 1)
    try:
        found = json.loads(data.decode("utf-8-sig", "replace")) if len(data) <= MOST_BYTES else None
    except (ValueError, RecursionError) as error:
        raise TakeoutError("damaged JSON") from error
    album = found.get("albumData", found) if isinstance(found, dict) else None  # earlier exports have it inside
    known = album if isinstance(album, dict) else {}
    title = known.get("title")
    if not isinstance(title, str) or "photoTakenTime" in known:
        raise TakeoutError("JSON, but not of an album of Google Takeout")
    told = plain_text(title)
    return None if told is None or _OF_A_YEAR.fullmatch(told) else told
