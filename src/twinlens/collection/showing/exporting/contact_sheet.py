"""Contact sheets of hits: one PNG, or one self-contained HTML page."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont, ImageOps
from PIL.PngImagePlugin import PngInfo

from twinlens.collection.showing.exporting.lettering import draw_text, text_width
from twinlens.data.file_names import on_one_line
from twinlens.data.guarded.photos import plain, read_guarded
from twinlens.errors import PhotoError, QueryError
from twinlens.types import Hit
from twinlens.whole_file import whole_file

CELL_PX = 240
CAPTION_PX = 44
GAP_PX = 10
COLUMNS = 5
SUFFIXES = (".png", ".jpg", ".jpeg", ".html")
MARK = "twinlens contact sheet"  # in every sheet, so that other files are never overwritten
Sheet = Sequence[tuple[str, Sequence[Hit]]]
"""One row of hits for each query, with the query as its title."""


class WrittenSheet(NamedTuple):
    """What a contact sheet does not show.

    Attributes:
        left_out: number of hits that were left out because their files are gone.
        without_font: characters that no font of this machine has, drawn as boxes; a page leaves fonts to the browser.
    """

    left_out: int
    without_font: str


def write_contact_sheet(sheet: Sheet, path: Path) -> WrittenSheet:
    """Draws the hits of one or more queries, with rank, score and grade.

    Args:
        sheet: titles and hits.
        path: ends in .png, .jpg or .html; an existing contact sheet is replaced.

    Returns:
        What is not on it.

    Raises:
        QueryError: unsupported file extension, another file is there, or the file cannot be written.
    """
    check_sheet_path(path)
    left_out = sum(hit.is_missing for _, hits in sheet for hit in hits)
    sheet = [(title, [hit for hit in hits if not hit.is_missing]) for title, hits in sheet]
    missing: set[str] = set()
    try:
        with whole_file(path) as place:
            match path.suffix.lower():
                case ".html":
                    place.write_text(_page(sheet), encoding="utf-8")
                case ".png":
                    note = PngInfo()
                    note.add_text("Software", MARK)
                    _drawing(sheet, missing).save(place, "PNG", pnginfo=note)
                case _:
                    _drawing(sheet, missing).save(place, "JPEG", quality=88, comment=MARK.encode())
    except (OSError, ValueError) as error:  # ValueError: thousands of hits exceed a picture format's size limit
        raise QueryError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}") from error
    return WrittenSheet(left_out, "".join(sorted(missing)))


def check_sheet_path(path: Path) -> None:
    """Checks that a contact sheet can be written here.

    Raises:
        QueryError: unsupported file extension, or another file is there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise QueryError(f"a contact sheet must end in one of {', '.join(SUFFIXES)}, got {path.name!r}")
    try:
        with path.open("rb") as file:
            is_sheet = MARK.encode() in file.read(4096)
    except FileNotFoundError:
        return
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror or error}") from error
    if not is_sheet:
        raise QueryError(f"{path} already exists and is not a contact sheet; choose another name")


def _drawing(sheet: Sheet, missing: set[str]) -> Image.Image:
    rows = [
        (title, hits[start : start + COLUMNS])
        for title, hits in sheet
        for start in range(0, max(1, len(hits)), COLUMNS)
    ]
    cell, row_px = CELL_PX + GAP_PX, CELL_PX + CAPTION_PX + GAP_PX
    title_px = 34
    shown_titles = [index == 0 or rows[index - 1][0] != title for index, (title, _) in enumerate(rows)]
    height = GAP_PX + sum(row_px + (title_px if shown else 0) for shown in shown_titles)
    columns = max((len(hits) for _, hits in rows), default=1) or 1
    canvas = Image.new("RGB", (GAP_PX + columns * cell, height), "white")
    y = GAP_PX
    for (title, hits), with_title in zip(rows, shown_titles, strict=True):
        if with_title:
            missing |= draw_text(canvas, (GAP_PX, y), title, size=22, fill="black")
            y += title_px
        for column, hit in enumerate(hits):
            x = GAP_PX + column * cell
            thumbnail = _thumbnail(hit)
            canvas.paste(thumbnail, (x + (CELL_PX - thumbnail.width) // 2, y + (CELL_PX - thumbnail.height) // 2))
            draw_text(canvas, (x, y + CELL_PX + 4), _label(hit), size=15, fill="black")
            missing |= draw_text(
                canvas, (x, y + CELL_PX + 22), _fitted(on_one_line(_name(hit)), 13), size=13, fill="#555555"
            )
        y += row_px
    return canvas


def _page(sheet: Sheet) -> str:
    sections = []
    for title, hits in sheet:
        figures = "\n".join(_figure(hit) for hit in hits) or "<p>nothing found</p>"
        sections.append(f"<h2>{html.escape(title)}</h2>\n<div>\n{figures}\n</div>")
    style = (
        "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}"
        "div{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:240px}"
        "img{width:240px;height:240px;object-fit:contain;background:#f3f3f3}"
        "figcaption{overflow-wrap:anywhere;font-size:13px}"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="generator" content="{MARK}"><title>twinlens</title>'
        f"<style>{style}</style></head>\n<body>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _figure(hit: Hit) -> str:
    buffer = io.BytesIO()
    _thumbnail(hit).save(buffer, "JPEG", quality=82)
    source = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    name = html.escape(_name(hit))
    label = f"<figcaption><b>{html.escape(_label(hit))}</b><br>{name}</figcaption>"
    return f'<figure><img src="{source}" alt="{name}">{label}</figure>'


def _name(hit: Hit) -> str:
    return hit.id if hit.moment is None else f"{hit.id} at {hit.moment}"


def _thumbnail(hit: Hit) -> Image.Image:
    at_ms = None if hit.at_s is None else round(hit.at_s * 1000)
    try:
        picture, _ = read_guarded(hit.path, plain, min_side=CELL_PX // 2, at_ms=at_ms)
        return ImageOps.contain(picture, (CELL_PX, CELL_PX))
    except PhotoError as error:  # damaged or gone since it was indexed: the sheet says so
        blank = Image.new("RGB", (CELL_PX, CELL_PX), "#eeeeee")
        ImageDraw.Draw(blank).text(
            (8, CELL_PX // 2), _shortened(str(error), 30), fill="#aa0000", font=ImageFont.load_default(14)
        )
        return blank


def _label(hit: Hit) -> str:
    grade = "" if hit.grade is None else f"  {hit.grade}"
    return f"{hit.rank}.  {hit.score:.3f}{grade}"


def _fitted(text: str, size: int) -> str:
    """The end of a text, as much as fits under a photo."""
    length = len(text)
    while length > 1 and text_width(_shortened(text, length), size=size) > CELL_PX:
        length -= 1
    return _shortened(text, length)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else "…" + text[1 - length :]
