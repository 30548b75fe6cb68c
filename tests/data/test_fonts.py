import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawn_fonts import make_collection, make_font
from twinlens.data import fonts
from twinlens.data.fonts import FontFace, faces_with, font_folders


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder with fonts."""
    monkeypatch.setattr(fonts, "font_folders", lambda: [tmp_path])
    yield tmp_path
    fonts._faces_in.cache_clear()


def test_a_face_is_found_by_its_characters(folder: Path) -> None:
    make_font(folder / "deep" / "abjad.ttf", "שלום")
    make_font(folder / "Kanji.otf", "日本 a")
    (folder / "notes.txt").write_text("no font")
    assert list(faces_with("a日ש本?")) == [
        (FontFace(folder / "Kanji.otf", 0), frozenset("a日本")),
        (FontFace(folder / "deep" / "abjad.ttf", 0), frozenset("ש")),
    ]


def test_characters_beyond_the_first_plane_are_found(folder: Path) -> None:
    make_font(folder / "Emoji.ttf", "😀a")
    assert list(faces_with("😀😁")) == [(FontFace(folder / "Emoji.ttf", 0), frozenset("😀"))]


def test_each_face_of_a_collection_is_asked(folder: Path) -> None:
    make_collection(folder / "both.ttc", ["日", "한"])
    assert list(faces_with("한")) == [(FontFace(folder / "both.ttc", 1), frozenset("한"))]


def test_usual_fonts_come_first_and_bold_ones_last(folder: Path) -> None:
    for name in (
        "Aaa.ttf",
        "NotoSans-Regular.ttf",
        "Aaa-Bold.ttf",
        "DejaVuSans.ttf",
        "Zzz.ttf",
        "NotoSansCJK-Bold.ttf",
    ):
        make_font(folder / name, "x")
    names = [face.path.name for face, _ in faces_with("x")]
    assert names[:2] == ["NotoSans-Regular.ttf", "DejaVuSans.ttf"]
    assert names.index("Aaa.ttf") < names.index("Zzz.ttf") < names.index("Aaa-Bold.ttf")


@pytest.mark.parametrize("cut", [0, 3, 11, 20, 60, 200])
def test_a_damaged_font_is_passed_over(folder: Path, cut: int) -> None:
    whole = make_font(folder / "a.ttf", "xyz").read_bytes()
    (folder / "b.ttc").write_bytes(b"ttcf" + struct.pack(">II", 1, 0xFFFFFFFF))
    (folder / "a.ttf").write_bytes(whole[:cut])
    assert list(faces_with("x")) == []


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_system_has_its_folders(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(fonts.sys, "platform", system)
    assert font_folders()
