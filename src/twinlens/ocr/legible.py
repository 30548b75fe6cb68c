"""What is legible of the pieces that a recognizer has read."""

import unicodedata
from collections.abc import Iterable

from twinlens.types import TextPiece

LEAST_CONFIDENCE = 0.6  # below it, most of 382 pieces from 770 everyday photos were no words
SURE = 0.9  # of a single digit, as on a jersey; other single letters are mostly seen into patterns
MOST_LETTERS = 20_000  # of a picture


def legible_text(pieces: Iterable[TextPiece]) -> str:
    """One line a piece, in the order of the pieces; "" if nothing is legible.

    >>> legible_text([TextPiece("WAY  OUT", 0.97), TextPiece("Sdjl", 0.41), TextPiece("O", 0.99), TextPiece("7", 0.98)])
    'WAY OUT\\n7'
    """
    lines = (_plain(piece.text) for piece in pieces if _is_legible(piece))
    return "\n".join(dict.fromkeys(line for line in lines if line))[:MOST_LETTERS].rstrip()


def _is_legible(piece: TextPiece) -> bool:
    letters = [letter for letter in piece.text if letter.isalnum()]
    if len(letters) == 1:
        return letters[0].isdigit() and piece.confidence >= SURE
    return len(letters) > 1 and piece.confidence >= LEAST_CONFIDENCE


def _plain(text: str) -> str:
    """Without control characters and surrogates, which no word needs; spaces are single."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)
    return " ".join(kept.split())
