"""A small word list, as a bundle has a large one."""

import json
from pathlib import Path

import pytest

from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.load import DEFAULT_BUNDLE
from twinlens.model.word_file import save_words
from twinlens.words.word_list import WORDS, save_word_list

ENGLISH = {
    "the": 3, "a": 3, "on": 4, "in": 4, "and": 3, "with": 4, "do": 5, "dog": 7, "run": 7, "hike": 9, "puppy": 9,
    "beach": 8, "grass": 8, "giraffe": 10, "bicycle": 9, "elephant": 9, "banana": 10, "umbrella": 9,
    "sunglasses": 10, "zebra": 10,
    "children": 8, "kite": 9, "surfing": 9, "sand": 8, "castle": 9, "ban": 8, "anna": 8, "red": 7, "quiet": 8, "cap": 8,
    "large": 8, "square": 9,
}  # fmt: skip
LEVELS = {
    "en": ENGLISH,
    "de": {"der": 3, "ein": 3, "am": 4, "im": 4, "hund": 8, "strand": 8, "korb": 9, "elefant": 10, "frau": 7,
           "straße": 8, "giraffe": 11, "kind": 7, "spielen": 8, "mädchen": 8},
    "fr": {"un": 3, "sur": 4, "la": 3, "chien": 8, "plage": 8, "garçon": 8},
    "cs": {"na": 3, "v": 3, "pes": 8, "pláž": 9, "vodopád": 10, "kniha": 9},
    "tr": {"köpek": 9, "plaj": 9, "ev": 8},
    "ru": {"на": 3, "ребенок": 8, "пляже": 9, "собака": 8},
    "ar": {"كلب": 8, "شاطئ": 9, "على": 4, "ولد": 8},
    "hi": {"कुत्ता": 9, "लड़का": 9, "पर": 4},
}  # fmt: skip
SIGNS = "海滩上的狗キリン개가"


def save_small_words(folder: Path) -> Path:
    """Writes the list as ``words.zip``."""
    levels = {
        language: {word.replace("ß", "ss"): level for word, level in words.items()}
        for language, words in LEVELS.items()
    }
    save_word_list(folder / WORDS, levels, signs=SIGNS, license_text="made for tests")
    return folder / WORDS


def default_model_with_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the embedded model the small list in place of its own, and two languages, until the test ends."""
    folder.mkdir()
    for file in DEFAULT_BUNDLE.iterdir():
        if file.name not in (MANIFEST, WORDS):
            (folder / file.name).symlink_to(file)
    manifest = json.loads((DEFAULT_BUNDLE / MANIFEST).read_text())
    manifest["text"]["languages"] = ["en", "de"]
    manifest["files"].pop(WORDS, None)
    manifest["english"] = None  # which needs the large list
    (folder / MANIFEST).write_text(json.dumps(manifest))
    save_words(open_bundle(folder), LEVELS, signs=SIGNS)
    monkeypatch.setattr("twinlens.model.load.DEFAULT_BUNDLE", folder)
