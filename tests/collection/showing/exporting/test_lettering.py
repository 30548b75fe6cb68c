from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from drawn_fonts import make_font
from twinlens.collection.showing.exporting import lettering as module
from twinlens.collection.showing.exporting.lettering import Run, draw_text, lettering, text_width
from twinlens.data import fonts
from twinlens.data.fonts import FontFace


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder with fonts, besides the one that comes with Pillow."""
    place = tmp_path / "fonts"
    place.mkdir()
    monkeypatch.setattr(fonts, "font_folders", lambda: [place])
    yield place
    fonts._faces_in.cache_clear()
    lettering.cache_clear()


def drawn(text: str, *, size: int = 20) -> tuple[Image.Image, frozenset[str]]:
    canvas = Image.new("RGB", (400, 40), "white")
    missing = draw_text(canvas, (0, 0), text, size=size, fill="black")
    return canvas, missing


def test_what_the_usual_font_has_needs_no_other(folder: Path) -> None:
    assert lettering("a dog, 12 m (2023)") == ([Run("a dog, 12 m (2023)", None)], frozenset())


def test_one_font_draws_the_whole_text_where_it_can(folder: Path) -> None:
    make_font(folder / "a.ttf", "日本")
    face = FontFace(make_font(folder / "b.ttf", "日本 .jpg"), 0)
    assert lettering("日本 .jpg") == ([Run("日本 .jpg", face)], frozenset())


def test_otherwise_each_script_has_its_font(folder: Path) -> None:
    kanji, abjad = (FontFace(make_font(folder / f"{name}.ttf", name), 0) for name in ("日本", "שלום"))
    assert lettering("cat 日本 שלום") == (
        [Run("cat ", None), Run("日本", kanji), Run(" ", None), Run("שלום", abjad)],
        frozenset(),
    )
    assert [run.text for run in lettering("שלום 日本").runs] == ["日本", " ", "שלום"]  # begins at the right


def test_what_follows_a_character_stays_with_it(folder: Path) -> None:
    make_font(folder / "emoji.ttf", "👩🚀👍")
    runs = lettering("a 👩\u200d🚀 👍\U0001f3fd\ufe0f b").runs
    assert [run.text for run in runs] == ["a ", "👩\u200d🚀", " ", "👍\U0001f3fd\ufe0f", " b"]


def test_characters_without_a_font_are_told(folder: Path) -> None:
    picture, missing = drawn("a日😀")
    assert missing == frozenset("日😀")
    assert picture.getbbox() is not None


def test_a_font_draws_what_it_has(folder: Path) -> None:
    make_font(folder / "a.ttf", "日")
    picture, missing = drawn("日", size=20)
    assert missing == frozenset()
    assert picture.getpixel((10, 12)) == (0, 0, 0)
    assert text_width("日日", size=20) == 40


def test_emoji_are_drawn_in_colour_where_there_is_a_font(folder: Path) -> None:
    make_font(folder / "aaa.ttf", "😀")
    make_font(folder / "SomeEmoji.ttf", "😀", colour=(1.0, 0.0, 0.0))
    assert drawn("😀")[0].getpixel((10, 12)) == (255, 0, 0)


def test_a_font_of_pictures_in_one_size_is_scaled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_font(folder / "emoji.ttf", "😀", colour=(0.0, 0.0, 1.0))
    real = module.ImageFont.truetype

    def only_109(path: object, size: int, **options: int) -> object:
        if isinstance(path, str) and size != 109:
            raise OSError("invalid pixel size")
        return real(path, size, **options)

    monkeypatch.setattr(module.ImageFont, "truetype", only_109)
    module._font.cache_clear()
    picture, missing = drawn("😀", size=20)
    module._font.cache_clear()
    assert missing == frozenset()
    assert text_width("😀", size=20) == pytest.approx(20, abs=1)
    assert picture.getpixel((10, 12)) == (0, 0, 255)


def test_a_font_that_cannot_be_opened_is_passed_over(folder: Path) -> None:
    whole = make_font(folder / "a.ttf", "日").read_bytes()
    (folder / "a.ttf").write_bytes(whole.replace(b"glyf", b"xxxx").replace(b"head", b"yyyy"))
    assert drawn("日")[1] == frozenset("日")


@pytest.mark.parametrize("text", ["a\nb", "caf\udce9.jpg", "", "\u200d", "\x00"])
def test_any_text_is_one_line(folder: Path, text: str) -> None:
    assert "\n" not in "".join(run.text for run in lettering(text).runs)
    assert drawn(text)[1] == frozenset()
