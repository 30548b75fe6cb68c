"""Draw text of any script, and emoji, on a picture, with the fonts of this machine."""

import unicodedata
from functools import cache
from itertools import groupby
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from twinlens.data.fonts import FontFace, faces_with
from twinlens.errors import valid_unicode

PICTURE_SIZES_PX = (109, 136, 160, 128, 96, 72, 64, 48, 40, 32)  # of colour fonts without outlines (Noto's, Apple's)
SAMPLE_PX = 32
FIRST_PICTURE = "\U0001f000"  # Unicode's blocks of emoji start here
EMOJI_FONTS = ("emoji", "seguiemj")
_NO_CHARACTER = "\uffff"


class Run(NamedTuple):
    """A part of a text in one font; None is the usual one."""

    text: str
    face: FontFace | None


class Lettering(NamedTuple):
    """A line of text with the fonts to draw it.

    Attributes:
        runs: from left to right.
        missing: characters that no font has; boxes are drawn for them.
    """

    runs: list[Run]
    missing: frozenset[str]


@cache
def lettering(text: str) -> Lettering:
    """Chooses fonts for a line of text; bytes of a file name that are no text are escaped."""
    line = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in valid_unicode(text))
    visible = {letter for letter in line if not (letter.isspace() or _follows(letter))}
    faces = _picture_faces({letter for letter in visible if letter >= FIRST_PICTURE})
    plain = visible - set(faces)
    unusual = {letter for letter in plain if not _is_usual(letter)}
    for face, has in faces_with(plain) if unusual else ():
        drawn = {letter for letter in has if _is_drawn(face, letter)}
        if drawn == plain:  # text from right to left is in order where one font draws all of it
            faces |= dict.fromkeys(set(line) - (visible - plain), face)
            break
        for letter in drawn & unusual:
            faces.setdefault(letter, face)
    runs = _runs(line, faces)
    directions = (unicodedata.bidirectional(letter) for letter in line)
    if next((direction for direction in directions if direction in ("L", "R", "AL")), "L") != "L":
        runs.reverse()
    return Lettering(runs, frozenset(unusual - set(faces)))


def _picture_faces(letters: set[str]) -> dict[str, FontFace]:
    """The fonts of emoji in colour."""
    faces: dict[str, FontFace] = {}
    for face, has in faces_with(letters) if letters else ():
        if any(name in face.path.stem.lower() for name in EMOJI_FONTS):
            faces |= {letter: face for letter in has - set(faces) if _is_drawn(face, letter)}
    return faces


def text_width(text: str, *, size: int) -> float:
    """Width of a line of text in pixels."""
    return sum(_width(run, size) for run in lettering(text).runs)


def draw_text(canvas: Image.Image, at: tuple[int, int], text: str, *, size: int, fill: str) -> frozenset[str]:
    """Draws a line of text on an RGB picture; returns the characters that no font has.

    Args:
        canvas: the picture.
        at: upper left corner of the text.
        text: may have any character.
        size: pixels.
        fill: the colour.
    """
    chosen, x = lettering(text), float(at[0])
    baseline = at[1] + ImageFont.load_default(size).getmetrics()[0]  # type: ignore[union-attr]
    for run in chosen.runs:
        font, scale = _font(run.face, size)
        if scale == 1:
            draw = ImageDraw.Draw(canvas)
            draw.text((x, baseline), run.text, fill=fill, font=font, anchor="ls", embedded_color=True)
        else:
            _paste_pictures(canvas, (round(x), baseline), run.text, font, scale)
        x += _width(run, size)
    return chosen.missing


def _runs(line: str, faces: dict[str, FontFace]) -> list[Run]:
    chosen: list[tuple[str, FontFace | None]] = []
    joined = False  # by a zero-width joiner, as in 👩‍🚀
    for letter in line:
        keeps = chosen and (joined or _follows(letter))
        chosen.append((letter, chosen[-1][1] if keeps else faces.get(letter)))
        joined = letter == "\u200d"
    return [Run("".join(letter for letter, _ in part), face) for face, part in groupby(chosen, lambda one: one[1])]


def _follows(letter: str) -> bool:
    """Whether a character is drawn with the one before it: accents, vowel signs, joiners, variants, skin tones."""
    return unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf") or "\U0001f3fb" <= letter <= "\U0001f3ff"


@cache
def _is_usual(letter: str) -> bool:
    font = ImageFont.load_default(SAMPLE_PX)
    return letter.isascii() or bytes(font.getmask(letter)) != bytes(font.getmask(_NO_CHARACTER))


@cache
def _is_drawn(face: FontFace, letter: str) -> bool:
    """Whether Pillow draws anything for a character: it cannot for some kinds of colour fonts."""
    try:
        font, _ = _font(face, SAMPLE_PX)
        return font.getmask(letter, mode="RGBA").getbbox() is not None
    except OSError:  # damaged, or of a kind that FreeType does not read
        return False


@cache
def _font(face: FontFace | None, size: int) -> tuple[ImageFont.FreeTypeFont, float]:
    """A font, and by how much what it draws must be scaled."""
    if face is None:
        usual = ImageFont.load_default(size)
        assert isinstance(usual, ImageFont.FreeTypeFont), "Pillow has FreeType"
        return usual, 1
    failure: OSError | None = None
    for tried in (size, *PICTURE_SIZES_PX):
        try:
            return ImageFont.truetype(str(face.path), tried, index=face.number), size / tried
        except OSError as error:  # it has pictures of other sizes
            failure = error
    raise failure or OSError(f"{face.path} cannot be used")


def _width(run: Run, size: int) -> float:
    font, scale = _font(run.face, size)
    return font.getlength(run.text) * scale


def _paste_pictures(
    canvas: Image.Image, at: tuple[int, int], text: str, font: ImageFont.FreeTypeFont, scale: float
) -> None:
    ascent, descent = font.getmetrics()
    width = round(font.getlength(text))
    if not width:
        return
    drawn = Image.new("RGBA", (width, ascent + descent))
    ImageDraw.Draw(drawn).text((0, ascent), text, font=font, anchor="ls", embedded_color=True)
    small = drawn.resize((max(1, round(width * scale)), max(1, round(drawn.height * scale))), Image.Resampling.LANCZOS)
    canvas.paste(small, (at[0], round(at[1] - ascent * scale)), small)
