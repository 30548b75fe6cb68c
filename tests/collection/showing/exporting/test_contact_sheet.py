import base64
import html.parser
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import COLOURS, PhotoMaker
from drawn_fonts import make_font
from twinlens.collection.showing.exporting.contact_sheet import (
    CAPTION_PX,
    CELL_PX,
    COLUMNS,
    GAP_PX,
    write_contact_sheet,
)
from twinlens.collection.showing.exporting.lettering import lettering
from twinlens.data import fonts
from twinlens.errors import QueryError
from twinlens.types import Grade, Hit


def hit(rank: int, path: Path, *, photo: str | None = None, grade: Grade | None = None) -> Hit:
    return Hit(rank=rank, id=photo or path.name, path=path, score=1 - rank / 10, grade=grade)


@pytest.fixture
def two_rows(make_photo: PhotoMaker) -> list[tuple[str, list[Hit]]]:
    return [
        ("something red", [hit(1, make_photo("a.png", "red")), hit(2, make_photo("b.png", "blue"))]),
        ("something green", [hit(1, make_photo("c.png", "green", size=(20, 90)))]),
    ]


def near(pixel: tuple[int, ...], colour: str) -> bool:
    return bool(np.abs(np.array(pixel[:3], dtype=int) - COLOURS[colour]).max() < 25)


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg", "sheet.JPEG"])
def test_a_drawn_sheet_shows_each_photo_in_its_row(two_rows: list, tmp_path: Path, name: str) -> None:
    write_contact_sheet(two_rows, tmp_path / name)
    with Image.open(tmp_path / name) as sheet:
        picture = sheet.convert("RGB")
    cell, first = CELL_PX + GAP_PX, GAP_PX + 34 + CELL_PX // 2
    second = first + CELL_PX + CAPTION_PX + GAP_PX + 34
    assert picture.width == GAP_PX + 2 * cell
    assert near(picture.getpixel((GAP_PX + CELL_PX // 2, first)), "red")
    assert near(picture.getpixel((GAP_PX + cell + CELL_PX // 2, first)), "blue")
    assert near(picture.getpixel((GAP_PX + CELL_PX // 2, second)), "green")
    assert near(picture.getpixel((GAP_PX + cell + CELL_PX // 2, second)), "white")


def test_many_hits_of_one_query_go_on_in_the_next_row(make_photo: PhotoMaker, tmp_path: Path) -> None:
    photo = make_photo("a.png")
    for count, rows in ((COLUMNS, 1), (COLUMNS + 1, 2), (3 * COLUMNS, 3)):
        write_contact_sheet([("red", [hit(number, photo) for number in range(1, count + 1)])], tmp_path / "sheet.png")
        with Image.open(tmp_path / "sheet.png") as sheet:
            assert sheet.width == GAP_PX + COLUMNS * (CELL_PX + GAP_PX)
            assert sheet.height == GAP_PX + 34 + rows * (CELL_PX + CAPTION_PX + GAP_PX)


@pytest.mark.parametrize("name", ["sheet.png", "sheet.html"])
@pytest.mark.parametrize("sheet", [[], [("nothing", [])], [("nothing", []), ("nothing more", [])]])
def test_a_sheet_without_hits_is_possible(tmp_path: Path, name: str, sheet: list) -> None:
    write_contact_sheet(sheet, tmp_path / name)
    assert (tmp_path / name).stat().st_size > 0


def test_a_photo_that_went_away_leaves_a_note_in_its_place(tmp_path: Path) -> None:
    gone = [("red", [hit(1, tmp_path / "gone.jpg")])]
    write_contact_sheet(gone, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.getpixel((GAP_PX + 5, GAP_PX + 34 + 5)) == (0xEE, 0xEE, 0xEE)
    write_contact_sheet(gone, tmp_path / "sheet.html")
    assert "gone.jpg" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


class Reader(html.parser.HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == "img"]


def test_a_page_holds_everything_itself(two_rows: list, tmp_path: Path) -> None:
    write_contact_sheet(two_rows, tmp_path / "sheet.html")
    text = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    page = Reader(text)
    assert [image["alt"] for image in page.images()] == ["a.png", "b.png", "c.png"]
    for image, colour in zip(page.images(), ("red", "blue", "green"), strict=True):
        kind, _, data = (image["src"] or "").partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as photo:
            assert max(photo.size) == CELL_PX
            assert near(photo.convert("RGB").getpixel((photo.width // 2, photo.height // 2)), colour)
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", text)  # nothing is loaded from elsewhere
    assert {"something red", "something green", "1.  0.900", "2.  0.800"} <= set(page.texts)


def test_names_and_queries_are_escaped(make_photo: PhotoMaker, tmp_path: Path) -> None:
    name = "<b>\"x\"&'y'.jpg"
    photo = make_photo(name)
    write_contact_sheet([("<script>alert(1)</script>", [hit(1, photo)])], tmp_path / "sheet.html")
    page = Reader((tmp_path / "sheet.html").read_text(encoding="utf-8"))
    assert "script" not in [tag for tag, _ in page.tags]
    assert [image["alt"] for image in page.images()] == [name]
    assert set(page.images()[0]) == {"src", "alt"}
    assert [tag for tag, _ in page.tags].count("b") == 1  # the label's own
    assert {name, "<script>alert(1)</script>"} <= set(page.texts)


def test_a_grade_is_shown_as_a_word(make_photo: PhotoMaker, tmp_path: Path) -> None:
    sure = [("red", [hit(1, make_photo("a.png"), grade="strong")])]
    write_contact_sheet(sure, tmp_path / "sheet.html")
    assert "1.  0.900  strong" in Reader((tmp_path / "sheet.html").read_text(encoding="utf-8")).texts


def test_the_moment_of_a_video_stands_beside_its_name(tmp_path: Path) -> None:
    hit = Hit(1, "clip.mp4", tmp_path / "clip.mp4", 0.3, duration_s=100.0, at_s=83.5)
    write_contact_sheet([("a dog", [hit])], tmp_path / "sheet.html")
    assert "clip.mp4 at 1:23" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["sheet.gif", "sheet.pdf", "sheet"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(QueryError, match=r"must end in one of \.png, .*, got 'sheet"):
        write_contact_sheet([], tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["sheet.png", "sheet.html"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str, two_rows: list) -> None:
    with pytest.raises(QueryError, match="cannot be written: No such file or directory"):
        write_contact_sheet(two_rows, tmp_path / "none" / name)


def test_a_sheet_too_long_for_its_format_is_an_error(make_photo: PhotoMaker, tmp_path: Path) -> None:
    photo = make_photo("a.png")
    hits = [hit(number, photo) for number in range(1, 230 * COLUMNS + 1)]  # 67,000 pixels; JPEG ends at 65,500
    with pytest.raises(QueryError, match="cannot be written"):
        write_contact_sheet([("red", hits)], tmp_path / "sheet.jpg")


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg", "sheet.html"])
def test_an_older_sheet_is_replaced_but_never_a_photo(two_rows: list, make_photo, tmp_path: Path, name: str) -> None:
    write_contact_sheet(two_rows, tmp_path / name)
    write_contact_sheet(two_rows[:1], tmp_path / name)
    photo = make_photo("holiday.png" if name.endswith("html") else f"holiday{Path(name).suffix}")
    before = photo.read_bytes()
    with pytest.raises(QueryError, match="not a contact sheet"):
        write_contact_sheet(two_rows, photo)
    assert photo.read_bytes() == before
    assert not list(tmp_path.glob(".*partial"))


@pytest.mark.parametrize("name", ["sheet.png", "sheet.html"])
def test_hits_that_are_known_to_be_gone_are_left_out_and_counted(two_rows: list, tmp_path: Path, name: str) -> None:
    (title, (first, second)), other = two_rows
    written = write_contact_sheet([(title, [replace(first, is_missing=True), second]), other], tmp_path / name)
    assert written.left_out == 1
    assert write_contact_sheet([(title, [second]), other], tmp_path / f"without {name}").left_out == 0
    assert (tmp_path / name).read_bytes() == (tmp_path / f"without {name}").read_bytes()


def test_characters_without_a_font_are_told_and_a_page_has_all(
    make_photo: PhotoMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.data.fonts.font_folders", lambda: [tmp_path / "fonts"])
    sheet = [("日本", [hit(1, make_photo("a.png"), photo="😀.png")])]
    lettering.cache_clear()
    assert write_contact_sheet(sheet, tmp_path / "sheet.png").without_font == "日本😀"
    assert write_contact_sheet(sheet, tmp_path / "sheet.html").without_font == ""
    lettering.cache_clear()
    make_font(tmp_path / "fonts" / "a.ttf", "日本")
    make_font(tmp_path / "fonts" / "emoji.ttf", "😀", colour=(1.0, 0.0, 0.0))
    fonts._faces_in.cache_clear()
    assert write_contact_sheet(sheet, tmp_path / "sheet.png").without_font == ""
    lettering.cache_clear()


def test_a_long_name_is_cut_to_the_width_of_its_photo(make_photo: PhotoMaker, tmp_path: Path) -> None:
    names = ["W" * 60 + ".png", "i" * 60 + ".png"]
    write_contact_sheet([("red", [hit(1, make_photo("a.png"), photo=name) for name in names])], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        between = sheet.convert("RGB").crop((GAP_PX + CELL_PX + 1, 0, GAP_PX + CELL_PX + GAP_PX, sheet.height))
    assert between.getcolors() == [(between.width * between.height, (255, 255, 255))]
