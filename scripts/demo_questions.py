"""What ``make demo`` asks of its own pictures, and which picture is right: demo/questions.toml.

As a program it prints the questions, one a line, as ``twinlens search --queries`` reads them.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from twinlens.types import Hit

DEMO = Path(__file__).resolve().parent.parent / "demo"
PHOTOS = DEMO / "photos"
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish"}
UNDERSTOOD = ("en", "de", "es")  # of these, what the embedded model reads; the questions are asked in them in turn


@dataclass(frozen=True)
class Question:
    """One question, in one language.

    Attributes:
        text: what is asked.
        language: a key of ``LANGUAGES``.
        photo: file of the one right picture, relative to ``PHOTOS``.
    """

    text: str
    language: str
    photo: str

    def is_answered_by(self, hits: Sequence[Hit]) -> bool:
        """Whether the right picture comes first and is shown as a match."""
        return bool(hits) and hits[0].id == self.photo and hits[0].relevant is not False


def questions(languages: Sequence[str] = UNDERSTOOD) -> list[Question]:
    """All questions in their order, the languages in turn."""
    rows = tomllib.loads((DEMO / "questions.toml").read_text(encoding="utf-8"))["question"]
    return [Question(row[one], one, row["photo"]) for row, one in zip(rows, cycle(languages), strict=False)]


if __name__ == "__main__":
    print(*(question.text for question in questions()), sep="\n")
