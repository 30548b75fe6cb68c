from hypothesis import given
from hypothesis import strategies as st

from twinlens.ocr.legible import legible_text
from twinlens.types import TextPiece


def test_lines_keep_their_order_and_repeated_ones_of_two_parts_are_one() -> None:
    pieces = [TextPiece(text, 0.9) for text in ("Gate 7", "to Paris", "Gate 7", " ", "--")]
    assert legible_text(pieces) == "Gate 7\nto Paris"


@given(st.lists(st.tuples(st.text(max_size=20), st.floats(0, 1))))
def test_whatever_is_read_gives_lines_that_a_catalog_takes(pieces: list[tuple[str, float]]) -> None:
    text = legible_text(TextPiece(*piece) for piece in pieces)
    text.encode()
    assert "\0" not in text
    assert text == "\n".join(filter(None, (line.strip() for line in text.split("\n"))))
