"""The files beside a photo that say something about it: which they are by their names, and what is in them."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from twinlens.data.dating.file_date import OUTSIDE, with_moment
from twinlens.data.dating.moment import Moment
from twinlens.data.exif import PhotoDetails
from twinlens.data.metadata.edited import CUT_NAMES, cut_unedited, unedited
from twinlens.data.metadata.said import NOTHING, Said, combined, first_moment
from twinlens.data.metadata.takeout import TakeoutError, read_takeout
from twinlens.data.metadata.xml_tree import MOST_BYTES, XmlError
from twinlens.data.metadata.xmp import read_xmp
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.reading import read_object
from twinlens.errors import PhotoError

XMP, JSON = ".xmp", ".json"
_ADDED = "supplemental-metadata"  # to the photo's name, by Google since 2024, and cut short
_NUMBER = re.compile(r"(.+)\((\d{1,4})\)")
# what a phone takes together with a video, or edits into a JPEG
_SHOT: tuple[str, ...] = (".heic", ".heif", ".hif", ".jpg", ".jpeg", ".dng")
_MOVING = (".mp4", ".mov", ".mp")
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Beside(NamedTuple):
    """What the files beside a photo say: XMP comes from programs for photos, the other from Google Takeout."""

    xmp: Said = NOTHING
    takeout: Said = NOTHING


def is_beside(name: str) -> bool:
    """Whether a file of this name may belong to a photo."""
    return name[-5:].lower().endswith((XMP, JSON))


def files_beside(photos: Iterable[str], others: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The files that belong to each photo of a folder, the most trustworthy first; photos without one are left out.

    Args:
        photos: names of the photos in the folder.
        others: names of its files for which ``is_beside`` is true.
    """
    known = _Names(others)
    found = {photo: tuple(dict.fromkeys(known.of(photo))) for photo in photos}
    return {photo: names for photo, names in found.items() if names}


class _Names:
    """Names of files by the names of the photos that they may belong to, and the number in parentheses."""

    def __init__(self, others: Iterable[str]) -> None:
        self._xmp: dict[str, str] = {}
        self._json: dict[tuple[str, str], str] = {}
        self._cut: dict[tuple[str, str], str] = {}
        for name in sorted(others):
            base = _same(name[:-4] if name.lower().endswith(XMP) else name[:-5])
            if name.lower().endswith(XMP):
                self._xmp.setdefault(base, name)
            else:
                self._add_json(base, name)

    def _add_json(self, base: str, name: str) -> None:
        self._json.setdefault((base, ""), name)
        numbered = _NUMBER.fullmatch(base)
        base, number = (numbered[1], numbered[2]) if numbered else (base, "")
        self._json.setdefault((base, number), name)
        photo, dot, added = base.rpartition(".")
        if dot and _ADDED.startswith(added):
            self._json.setdefault((photo, number), name)
        if len(base) in CUT_NAMES:
            self._cut.setdefault((base, number), name)

    def of(self, photo: str) -> Iterator[str]:
        name = _same(photo)
        stem, suffix = _split(name)
        yield from (self._xmp[base] for base in (name, stem) if base in self._xmp)
        if self._json and (found := self._json_of(stem, suffix)):
            yield found

    def _json_of(self, stem: str, suffix: str) -> str | None:
        for one in dict.fromkeys((stem, unedited(stem), cut_unedited(stem))):
            # the moving part of a photo has none of its own, and what Google makes of an edited HEIC is a JPEG
            of_shot = _SHOT if one != stem or suffix in _MOVING else ()
            if suffix == ".mp":  # of a Pixel: PXL_1.MP and PXL_1.MP.jpg
                of_shot = tuple(suffix + other for other in _SHOT)
            numbered = _NUMBER.fullmatch(one)
            for base, number in ((one, ""), *([(numbered[1], numbered[2])] if numbered else [])):
                for key in ((base + suffix, number), (base, number), *((base + other, number) for other in of_shot)):
                    if key in self._json:
                        return self._json[key]
                for length in CUT_NAMES if self._cut else ():
                    if (key := ((base + suffix)[:length], number)) in self._cut and length < len(base + suffix):
                        return self._cut[key]
        return None


def _same(name: str) -> str:
    """Equal for names that differ in case, or in how letters with accents are put together."""
    return unicodedata.normalize("NFC", name).casefold()


def _split(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    return path.stem, path.suffix


def read_beside(files: Sequence[Path]) -> tuple[Beside, list[tuple[Path, str]]]:
    """What the files beside a photo say, and which could not be read, with the reason."""
    said: dict[str, list[Said]] = {XMP: [], JSON: []}
    failed = []
    for file in files:
        suffix = file.suffix.lower()
        try:
            data = _content(file)
            said[suffix].append(read_xmp(data) if suffix == XMP else read_takeout(data))
        except (XmlError, TakeoutError, PhotoError) as error:
            failed.append((file, f"says nothing about its photo: {error}"))
    return Beside(combined(*said[XMP]), combined(*said[JSON])), failed


def _content(file: Path) -> bytes:
    try:
        if isinstance(file, ObjectPath):
            data = read_object(file, most_bytes=MOST_BYTES + 1)
            size = len(data)
        else:
            with os.fdopen(os.open(file, _READING), "rb") as opened:
                found = os.fstat(opened.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise PhotoError("not a regular file")
                data, size = opened.read(MOST_BYTES + 1), found.st_size
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise PhotoError(f"{max(size, len(data)) / 1e6:,.0f} MB, more than {MOST_BYTES / 1e6:.0f}")
    return data


def with_beside(details: PhotoDetails, beside: Beside) -> PhotoDetails:
    """What a photo's content says, together with what the files beside it say.

    Texts: XMP, then Takeout, then the content. Stars: XMP, then the content, then Takeout, which knows only favourites.
    Date and position: XMP, then the content, then Takeout, which knows neither the time zone nor more than the photo,
    unless somebody has written them into Google Photos by hand.

    Args:
        details: of the content; its date may be that of the file's name or of the file.
        beside: see ``read_beside``.
    """
    own = Said(details.title, details.description, details.keywords, details.people, details.rating)
    texts = combined(beside.xmp, beside.takeout, own)
    from_content = None
    if details.taken_at is not None and details.date_source not in OUTSIDE:
        from_content = Moment(details.taken_at, details.utc_offset_minutes, details.date_source or "exif")
    has_position = details.latitude is not None and details.longitude is not None
    position = (details.latitude, details.longitude) if has_position else beside.takeout.position
    latitude, longitude = beside.xmp.position or position or (details.latitude, details.longitude)
    taken = first_moment(beside.xmp.moment, from_content, beside.takeout.moment)
    whole = replace(
        details,
        latitude=latitude,
        longitude=longitude,
        title=texts.title,
        description=texts.description,
        keywords=texts.keywords,
        people=texts.people,
        rating=combined(beside.xmp, own).rating or texts.rating,
    )
    return whole if taken is None else with_moment(whole, taken)
