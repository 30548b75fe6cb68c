import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.pairs import checked_pairs

EYE = np.eye(3, dtype=np.float32)
INDEX = np.array([0, 1, 2])


def changed(value: float) -> np.ndarray:
    rows = EYE.copy()
    rows[1] = value
    return rows


@pytest.mark.parametrize(
    ("images", "texts", "index", "message"),
    [
        (changed(np.nan), EYE, INDEX, "image_embeddings has NaN or infinity in 1 row, first in row 1"),
        (EYE, changed(np.inf), INDEX, "text_embeddings has NaN or infinity in 1 row, first in row 1"),
        (changed(0), EYE, INDEX, "image_embeddings has 1 row of zeros, the first is row 1"),
        (EYE[0], EYE, INDEX, r"image_embeddings must be \[rows, D\] with at least one row, got \[3\]"),
        (EYE[:0], EYE, INDEX, r"at least one row, got \[0, 3\]"),
        (EYE, EYE[:, :2] + 1, INDEX, r"in the same space, but they are \[3, 3\] and \[3, 2\]"),
        (EYE.astype(np.int8), EYE, INDEX, "floating point numbers, got int8"),
        (EYE.astype(str), EYE, INDEX, "floating point numbers, got <U"),
        (EYE, EYE, INDEX[:2], r"one number for each of 3 texts, got \[2\]"),
        (EYE, EYE, INDEX[:, None], r"one number for each of 3 texts, got \[3, 1\]"),
        (EYE, EYE, INDEX.astype(float), "integers, got float64"),
        (EYE, EYE, np.array([0, 1, 3]), r"from 0 to 2, but text 2 has 3 \(1 are out of range\)"),
        (EYE, EYE, np.array([0, -1, 2]), "text 1 has -1"),
        (EYE, EYE, np.array([0, 0, 2]), "1 photo has no caption, the first is photo 1"),
    ],
)
def test_what_cannot_be_ranked_is_refused_in_one_line(
    images: np.ndarray, texts: np.ndarray, index: np.ndarray, message: str
) -> None:
    with pytest.raises(DataError, match=message) as raised:
        checked_pairs(images, texts, index)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("scale", [1e-30, 0.2, 7.0, 1e30])
def test_rows_of_any_length_are_brought_to_1_and_a_note_says_so(scale: float) -> None:
    rows = np.random.default_rng(0).normal(size=(3, 4))
    pairs = checked_pairs(rows * scale, np.eye(3, 4), INDEX)
    assert pairs.images == pytest.approx(rows / np.linalg.norm(rows, axis=1, keepdims=True), abs=1e-6)
    assert "image_embeddings had lengths from" in pairs.notes[0]
    assert pairs.images.dtype == np.float32


def test_unit_rows_stay_bit_for_bit_and_need_no_note() -> None:
    rows = np.random.default_rng(0).normal(size=(3, 64))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    for given in (rows, rows.astype(np.float16)):
        pairs = checked_pairs(given, rows, INDEX)
        assert np.array_equal(pairs.images, given.astype(np.float32))
        assert pairs.notes == ()


def test_plain_lists_will_do() -> None:
    pairs = checked_pairs([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]], [1, 0])
    assert [own.tolist() for own in pairs.texts_of_photo()] == [[1], [0]]


def test_a_part_keeps_its_photos_captions_only() -> None:
    texts = np.eye(4, 3, k=-1, dtype=np.float32) + np.eye(4, 3, dtype=np.float32)
    pairs = checked_pairs(EYE, texts, np.array([2, 0, 1, 2]))
    part = pairs.part(np.array([2, 1]))
    assert part.text_image_index.tolist() == [0, 1, 0]
    assert np.array_equal(part.texts, pairs.texts[[0, 2, 3]])
    assert np.array_equal(part.images, EYE[[2, 1]])
