"""Fonts of this machine, found by the characters that they have."""

import importlib.util
import os
import struct
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
# tried first, for they have many characters and go together; then the others by name
_FIRST = (
    "notosans-regular dejavusans segoeui sfns arialuni notosanscjk notosansjp pingfang hiragino msyh msgothic malgun "
    "applesdgothic notocoloremoji applecoloremoji seguiemj noto"
).split()
_STYLES = ("bold", "italic", "oblique", "light", "thin", "black", "condensed", "mono", "serif", "medium")
_UNICODE_TABLES = {(3, 10): 4, (0, 6): 4, (0, 4): 4, (3, 1): 2, (0, 3): 2, (0, 2): 1, (0, 1): 1, (0, 0): 1}


Ranges = tuple[tuple[int, int], ...]
"""First and last code of each range of characters, ascending."""


class FontFace(NamedTuple):
    """One face of a font file.

    Attributes:
        path: the file.
        number: in a collection of faces; 0 in other files.
    """

    path: Path
    number: int


def faces_with(characters: Iterable[str]) -> Iterator[tuple[FontFace, frozenset[str]]]:
    """Faces of this machine that have some of the characters, and which; the usual ones first."""
    wanted = {character: ord(character) for character in characters}
    for face in _faces_in(tuple(font_folders())):
        has = _characters(face)
        if found := frozenset(character for character, code in wanted.items() if _contains(has, code)):
            yield face, found


def font_folders() -> list[Path]:
    """The folders where this system keeps fonts."""
    home = Path.home() if "HOME" in os.environ or sys.platform == "win32" else Path("/nonexistent")
    if sys.platform == "win32":
        windows, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA")
        return [Path(windows, "Fonts"), *([Path(local, "Microsoft", "Windows", "Fonts")] if local else [])]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    data = [os.environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")]
    data += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [*(Path(folder) / "fonts" for folder in data if folder), home / ".fonts", *_matplotlib_fonts()]


def _matplotlib_fonts() -> list[Path]:
    """DejaVu comes with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic, symbols, for a machine without fonts."""
    found = importlib.util.find_spec("matplotlib")
    return [Path(folder, "mpl-data", "fonts", "ttf") for folder in (found and found.submodule_search_locations) or ()]


@cache
def _faces_in(folders: tuple[Path, ...]) -> tuple[FontFace, ...]:
    files = {
        Path(parent) / name
        for folder in folders
        for parent, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(SUFFIXES)
    }
    return tuple(FontFace(file, number) for file in sorted(files, key=_order) for number in range(_face_count(file)))


def _order(file: Path) -> tuple[int, int, str]:
    name = file.stem.lower().replace(" ", "").replace("_", "")
    first = next((place for place, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))
    return first, sum(style in name for style in _STYLES), str(file)


def _face_count(file: Path) -> int:
    try:
        with file.open("rb") as source:
            start = source.read(12)
    except OSError:  # not ours to read
        return 0
    return min(struct.unpack(">I", start[8:])[0], 100) if start[:4] == b"ttcf" and len(start) == 12 else 1


def _contains(ranges: Ranges, code: int) -> bool:
    place = bisect_right(ranges, code, key=lambda one: one[0]) - 1
    return place >= 0 and code <= ranges[place][1]


@cache
def _characters(face: FontFace) -> Ranges:
    """The characters of a face; none if the file is damaged."""
    try:
        with face.path.open("rb") as source:
            table = _character_table(source, face.number)
            return tuple(sorted(_ranges(table))) if table else ()
    except (OSError, struct.error):
        return ()


def _character_table(source: BinaryIO, number: int) -> bytes:
    """The widest Unicode subtable of the font's table ``cmap``."""
    start = source.read(12)
    if start[:4] == b"ttcf":
        source.seek(12 + 4 * number)
        source.seek(struct.unpack(">I", source.read(4))[0])
        start = source.read(12)
    records = (struct.unpack(">4sIII", source.read(16)) for _ in range(struct.unpack(">H", start[4:6])[0]))
    offset, length = next(((offset, length) for tag, _, offset, length in records if tag == b"cmap"), (0, 0))
    source.seek(offset)
    cmap = source.read(length)
    if not cmap:
        return b""
    tables = [struct.unpack_from(">HHI", cmap, 4 + 8 * place) for place in range(struct.unpack_from(">H", cmap, 2)[0])]
    best = max(tables, key=lambda table: _UNICODE_TABLES.get(table[:2], 0), default=None)
    return cmap[best[2] :] if best and best[:2] in _UNICODE_TABLES else b""


def _ranges(table: bytes) -> list[tuple[int, int]]:
    """The ranges of a subtable; formats 4 and 12 are those that fonts have."""
    kind = struct.unpack_from(">H", table)[0]
    if kind == 12:
        count = struct.unpack_from(">I", table, 12)[0]
        groups = struct.iter_unpack(">III", table[16 : 16 + 12 * count])
        return [(first, last) for first, last, _ in groups]
    if kind != 4:
        return []
    count = struct.unpack_from(">H", table, 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", table, 14 + 2 * count * part + (2 if part else 0)) for part in range(4)
    )
    ranges: list[tuple[int, int]] = []
    for number, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if offset in (0, 0xFFFF):
            ranges.append((first, last))
            continue
        place = 16 + 6 * count + 2 * number + offset  # of the glyph of `first`, counted from the offset itself
        for code in range(first, last + 1):  # a range may have gaps
            glyph = struct.unpack_from(">H", table, place + 2 * (code - first))[0]
            if glyph and (glyph + delta) & 0xFFFF:
                ranges.append((code, code))
    return ranges
