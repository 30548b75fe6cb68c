"""Photos that belong together by their names: IMG_1.CR2, IMG_1.JPG, IMG_1-edited.jpg."""

import re

from twinlens.data.decoding.kinds import RAW_SUFFIXES, unread_suffixes
from twinlens.data.file_names import same_form
from twinlens.data.metadata.edited import EDITED_WORDS, cut_unedited

_RAW_SUFFIXES = frozenset((*RAW_SUFFIXES, *unread_suffixes("RAW photo")))
_ADDITION = re.compile(rf"[ ._-]*(?:\(\d{{1,2}}\)|[ ._-](?:{EDITED_WORDS}|copy|kopie|copie|copia))$")
_EDITED = re.compile(rf"[ ._-]+(?:{EDITED_WORDS})(\(\d{{1,4}}\))?$")
_OF_MOTION_PHOTO = re.compile(r"\.mp$")  # of a Pixel: PXL_1.MP.jpg, with PXL_1.MP as its moving part
_NUMBER = re.compile(r"\d+")
_EDITED_BY_PHONE = re.compile(r"^img_e(?=\d{4})")


def is_raw(path: str) -> bool:
    """Whether a file is a RAW photo by its name.

    >>> is_raw("2023/IMG_1.CR2"), is_raw("2023/IMG_1.JPG")
    (True, False)
    """
    return _suffix(path) in _RAW_SUFFIXES


def stem_key(path: str) -> str:
    """Equal for files of one folder that differ in their suffix only.

    >>> stem_key("2023/IMG_1.CR2") == stem_key("2023/img_1.jpg")
    True
    """
    folder, slash, name = (path if path.isascii() else same_form(path)).rpartition("/")
    return f"{folder}{slash}{name.removesuffix(_suffix(name, as_written=True)).casefold()}"


def original_key(path: str) -> str:
    """Equal for the files of one folder whose names are those of an original and its edited copies.

    >>> [original_key(path) for path in ("a/IMG_0001.HEIC", "a/IMG_E0001.JPG", "a/img_0001-edited.jpg")]
    ['a/img_0001', 'a/img_0001', 'a/img_0001']
    >>> original_key("a/IMG_0001 - Copy (2).jpg"), original_key("a/credit.jpg"), original_key("a/(1).jpg")
    ('a/img_0001', 'a/credit', 'a/(1)')
    """
    folder, _, stem = stem_key(path).rpartition("/")
    while shorter := _ADDITION.sub("", stem):
        if shorter == stem:
            break
        stem = shorter
    return f"{folder}/{_EDITED_BY_PHONE.sub('img_', stem)}"


def version_key(path: str) -> str:
    """Equal for the files of one folder that are versions of one shot by their names.

    A number in brackets is no sign of it: programs write it behind the name of another photo, too. Behind "-edited"
    it belongs to the original, as Google Takeout has it, which also cuts long names.

    >>> {version_key(f"a/{name}") for name in ("IMG_1.CR2", "img_1.jpg", "IMG_1-edited.jpg", "IMG_1_edit.jpg")}
    {'a/img_1'}
    >>> version_key("a/IMG_1 (1).jpg"), version_key("a/IMG_E0001.MOV")
    ('a/img_1 (1)', 'a/img_0001')
    >>> version_key("a/IMG_1-bearbeitet.jpg"), version_key("a/IMG_1-edited(2).jpg")
    ('a/img_1', 'a/img_1(2)')
    """
    folder, _, stem = stem_key(path).rpartition("/")
    return f"{folder}/{_OF_MOTION_PHOTO.sub('', _original(stem))}"


def _original(stem: str) -> str:
    plain = _EDITED.sub(r"\1", stem) or stem
    return _EDITED_BY_PHONE.sub("img_", plain if plain != stem else cut_unedited(stem))


def is_edited(path: str) -> bool:
    """Whether a file is an edited version by its name.

    >>> is_edited("a/IMG_1-edited.jpg"), is_edited("a/IMG_E0001.JPG"), is_edited("a/credit.jpg")
    (True, True, False)
    """
    stem = stem_key(path).rpartition("/")[2]
    return _original(stem) != stem


def is_edited_by_phone(path: str) -> bool:
    """Whether an iPhone has named a file as what somebody made of a shot, such as IMG_E0001.HEIC of IMG_0001.HEIC.

    >>> is_edited_by_phone("a/IMG_E0001.HEIC"), is_edited_by_phone("a/IMG_1-edited.jpg")
    (True, False)
    """
    return _EDITED_BY_PHONE.match(stem_key(path).rpartition("/")[2]) is not None


def is_live_video(path: str) -> bool:
    """Whether a file may be the moving part of a live photo by its name.

    >>> is_live_video("a/IMG_1.MOV"), is_live_video("a/IMG_1.HEIC")
    (True, False)
    """
    return _suffix(path) in (".mov", ".mp4", ".mp")


def numbered_key(path: str) -> str | None:
    """Equal for files of one folder that a camera numbers; None without a number.

    >>> numbered_key("a/IMG_0412.jpg"), numbered_key("a/IMG_0413.jpg"), numbered_key("a/beach.jpg")
    ('a/img_#', 'a/img_#', None)
    """
    folder, _, stem = original_key(path).rpartition("/")
    pattern, numbers = _NUMBER.subn("#", stem)
    return f"{folder}/{pattern}" if numbers else None


def _suffix(path: str, *, as_written: bool = False) -> str:
    """The end of a name from its last dot, in small letters; ``PurePath`` takes ten times as long."""
    name = path[path.rfind("/") + 1 :]
    stem, _, end = name.rpartition(".")
    if not stem or not end:
        return ""
    return f".{end}" if as_written else f".{end.lower()}"
