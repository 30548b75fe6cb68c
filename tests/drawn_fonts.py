"""Small fonts for tests: every character is a filled square, or a coloured one."""

from pathlib import Path

import pytest

pytest.importorskip("fontTools", reason="comes with matplotlib")
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

EM = 1000


def make_font(path: Path, characters: str, *, colour: tuple[float, float, float] | None = None) -> Path:
    """A TrueType font; with a ``colour`` its glyphs are pictures of that colour (COLR)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    font = _font(characters, path.stem)
    if colour:
        builder = FontBuilder(font=font)
        builder.setupCPAL([[(*colour, 1.0)]])
        builder.setupCOLR({f"g{ord(letter)}": [(f"g{ord(letter)}", 0)] for letter in characters})
    font.save(path)
    return path


def make_collection(path: Path, faces: list[str]) -> Path:
    """A collection with a face for each string of characters."""
    collection = TTCollection()
    collection.fonts = [_font(characters, f"Face{number}") for number, characters in enumerate(faces)]
    collection.save(path)
    return path


def _font(characters: str, name: str) -> TTFont:
    names = [".notdef", *(f"g{ord(letter)}" for letter in characters)]
    pen = TTGlyphPen(None)
    for point, draw in zip(((100, 0), (900, 0), (900, 700), (100, 700)), (pen.moveTo, *[pen.lineTo] * 3), strict=True):
        draw(point)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"g{ord(letter)}" for letter in characters})
    builder.setupGlyf({glyph: square if glyph != ".notdef" else TTGlyphPen(None).glyph() for glyph in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (EM, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    return builder.font
