import sys
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont

from twinlens.errors import TextRecognizerError
from twinlens.ocr.legible import legible_text
from twinlens.ocr.rapid import RapidRecognizer

MODELS = ("a_det_small.onnx", "b_rec_small.onnx", "c_cls.onnx")


def package(folder: Path, engine: object) -> ModuleType:
    """A package with the files of rapidocr, and another engine."""
    (folder / "models").mkdir()
    for name in MODELS:
        (folder / "models" / name).touch()
    made = ModuleType("rapidocr")
    made.__file__ = str(folder / "__init__.py")
    made.RapidOCR = engine  # type: ignore[attr-defined]
    return made


class FailingEngine:
    def __init__(self, params: dict[str, object]) -> None:
        self.params = params

    def __call__(self, image: Image.Image) -> None:
        raise ValueError("Traceback\n  bad shape\n")


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(TextRecognizerError, match=r"needs the package rapidocr, .*pip install 'twinlens\[ocr\]'$"):
        RapidRecognizer()


@pytest.mark.parametrize("missing", MODELS)
def test_a_missing_model_is_told_and_never_fetched(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", package(tmp_path, FailingEngine))
    (tmp_path / "models" / missing).unlink()
    with pytest.raises(TextRecognizerError, match=r"rapidocr lacks its model .*install it again: pip install"):
        RapidRecognizer()


def test_all_models_are_named_so_that_none_is_fetched_and_a_failure_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", package(tmp_path, FailingEngine))
    recognizer = RapidRecognizer()
    named = {part: Path(recognizer._engine.params[f"{part}.model_path"]).name for part in ("Det", "Rec", "Cls")}
    assert named == dict(zip(("Det", "Rec", "Cls"), MODELS, strict=True))
    with pytest.raises(TextRecognizerError, match=r"^rapidocr failed on it: ValueError: bad shape$"):
        recognizer.read(Image.new("RGB", (10, 10)))


def test_an_engine_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(params: dict[str, object]) -> None:
        raise RuntimeError("not a model")

    monkeypatch.setitem(sys.modules, "rapidocr", package(tmp_path, refuse))
    with pytest.raises(TextRecognizerError, match="cannot be started: RuntimeError: not a model; install it again"):
        RapidRecognizer()


def test_text_drawn_into_a_picture_is_read_in_several_languages() -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    picture = Image.new("RGB", (640, 260), (235, 235, 225))
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 36)
    pen, lines = ImageDraw.Draw(picture), ("Museum closed", "Größe für Mädchen", "Łódź café fermé")
    for row, line in enumerate(lines):
        pen.text((30, 20 + 75 * row), line, (20, 20, 60), font)
    recognizer = RapidRecognizer()
    assert legible_text(recognizer.read(picture)).splitlines() == [*lines]
    assert legible_text(recognizer.read(Image.new("RGB", (64, 48), "white"))) == ""
