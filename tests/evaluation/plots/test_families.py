from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import PhotoMaker
from drawn_fonts import make_font
from twinlens.data import fonts
from twinlens.evaluation.plots.canvas import save_figure
from twinlens.evaluation.plots.families import families_for
from twinlens.evaluation.plots.retrieval_grid import FoundPhoto, GridRow, draw_retrieval_grid


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder with fonts, besides matplotlib's own."""
    place = tmp_path / "fonts"
    monkeypatch.setattr(fonts, "font_folders", lambda: [place])
    yield place
    fonts._faces_in.cache_clear()
    families_for.cache_clear()


def test_only_characters_that_matplotlib_lacks_need_another_font(folder: Path) -> None:
    make_font(folder / "Squares.ttf", "日本é")
    assert families_for("Straße, été") == ["DejaVu Sans"]
    assert families_for("日本 été") == ["DejaVu Sans", "Squares"]


def test_a_query_of_another_script_is_drawn_without_a_warning(
    folder: Path, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_font(folder / "Squares.ttf", "日本")
    row = GridRow("日本", (FoundPhoto(make_photo("a.png"), "1"),))
    path = save_figure(draw_retrieval_grid([row]), tmp_path / "grid.png")  # a missing glyph would be a warning
    assert path.stat().st_size > 0
