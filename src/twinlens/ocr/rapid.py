"""RapidOCR: finds and reads text in pictures with the models PP-OCRv6, in ONNX Runtime."""

import importlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from twinlens.errors import NoTextRecognizerError, TextRecognizerError
from twinlens.types import TextPiece

PACKAGE = "rapidocr"
DETECTOR_SIDE = 960  # pixels of the longer side that it looks at; drawn lines of 10 pixels were all read, as with 1,600
_MODELS = {"Det": "*det*.onnx", "Cls": "*cls*.onnx", "Rec": "*rec*.onnx"}


@cache
def can_read_texts() -> bool:
    """Whether the extra ``ocr`` is installed."""
    return find_spec(PACKAGE) is not None


class RapidRecognizer:
    """Reads about fifty languages: those of Latin letters, Chinese and Japanese.

    Never asks the network: its models come with the package.

    Raises:
        NoTextRecognizerError: the package is not installed.
        TextRecognizerError: it, or one of its models, cannot be used.
    """

    def __init__(self) -> None:
        try:
            package = importlib.import_module(PACKAGE)
        except ImportError as error:
            raise NoTextRecognizerError(
                "reading text in pictures needs the package rapidocr, which is not installed; "
                "install it: pip install 'twinlens[ocr]'"
            ) from error
        settings: dict[str, Any] = {
            "Global.log_level": "error",
            "Global.text_score": 0.0,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTOR_SIDE,
        }
        for part, model in _models(Path(str(package.__file__)).parent / "models").items():
            settings[f"{part}.model_path"] = str(model)  # one that is not named would be fetched if it is damaged
        try:
            self._engine: Any = package.RapidOCR(params=settings)
        except Exception as error:
            raise TextRecognizerError(f"rapidocr cannot be started: {_reason(error)}; {_AGAIN}") from error

    def read(self, image: Image.Image) -> list[TextPiece]:
        """The pieces of text in a picture, RGB and upright, from top to bottom.

        Raises:
            TextRecognizerError: it failed on this picture.
        """
        try:
            found = self._engine(image)
        except Exception as error:
            raise TextRecognizerError(f"rapidocr failed on it: {_reason(error)}") from error
        texts, scores = getattr(found, "txts", None), getattr(found, "scores", None)
        if texts is None or scores is None:  # nothing was found, or nothing was read of it
            return []
        return [TextPiece(str(text), float(score)) for text, score in zip(texts, scores, strict=True)]


_AGAIN = "install it again: pip install --force-reinstall rapidocr"


def _models(folder: Path) -> dict[str, Path]:
    found = {part: next(iter(sorted(folder.glob(pattern))), None) for part, pattern in _MODELS.items()}
    for part, model in found.items():
        if model is None:
            raise TextRecognizerError(f"rapidocr lacks its model {_MODELS[part]} in {folder}; {_AGAIN}")
    return {part: model for part, model in found.items() if model is not None}


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
