import numpy as np
import pytest

from conftest import COLOURS, ColourEncoder
from twinlens.evaluation.text_embeddings import TEXT_BLOCK, embed_texts

Told = list[tuple[int, int]]


def test_blocks_give_what_all_texts_at_once_give(encoder: ColourEncoder) -> None:
    names = list(COLOURS)
    texts = [f"{names[number % 6]} and {names[number % 5]}" for number in range(2 * TEXT_BLOCK + 5)]
    assert np.array_equal(embed_texts(texts, encoder), encoder.encode_text(texts))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [(0, 1), (1, 1)]),
        (TEXT_BLOCK, [(0, TEXT_BLOCK), (TEXT_BLOCK, TEXT_BLOCK)]),
        (TEXT_BLOCK + 7, [(0, TEXT_BLOCK + 7), (TEXT_BLOCK, TEXT_BLOCK + 7), (TEXT_BLOCK + 7, TEXT_BLOCK + 7)]),
    ],
)
def test_progress_starts_at_none_and_ends_at_all(encoder: ColourEncoder, count: int, expected: Told) -> None:
    told: Told = []
    embed_texts(["red"] * count, encoder, on_progress=lambda done, total: told.append((done, total)))
    assert told == expected
