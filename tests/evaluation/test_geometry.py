import math

import numpy as np
import pytest

from twinlens.evaluation import geometry
from twinlens.evaluation.geometry import alignment, mean_cosines, uniformity


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return unit(random.normal(size=(11, 5))), unit(random.normal(size=(23, 5))), np.r_[np.arange(11), np.arange(11), 3]


def test_all_three_equal_plain_loops(pairs: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    images, texts, index = pairs
    distances = [
        sum((a - b) ** 2 for a, b in zip(t, images[i], strict=True)) for t, i in zip(texts, index, strict=True)
    ]
    assert alignment(images, texts, index) == pytest.approx(sum(distances) / len(distances), rel=1e-5)
    potentials = [math.exp(-2 * float(((texts[i] - texts[j]) ** 2).sum())) for i in range(len(texts)) for j in range(i)]
    assert uniformity(texts) == pytest.approx(math.log(sum(potentials) / len(potentials)), rel=1e-5)
    cosines = {True: [], False: []}
    for text, owner in zip(texts, index, strict=True):
        for number, image in enumerate(images):
            cosines[number == owner].append(float(text @ image))
    matched, unmatched = mean_cosines(images, texts, index)
    assert matched == pytest.approx(np.mean(cosines[True]), abs=1e-6)
    assert unmatched == pytest.approx(np.mean(cosines[False]), abs=1e-6)


def test_two_opposite_rows_are_as_worked_out_by_hand() -> None:
    rows = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    assert uniformity(rows) == pytest.approx(-8)  # squared distance 4, t = 2
    assert alignment(rows, rows, np.array([0, 1])) == 0
    assert alignment(rows, rows, np.array([1, 0])) == 4
    assert mean_cosines(rows, rows, np.array([0, 1])) == (1, -1)


def test_a_collapsed_space_has_uniformity_0_and_an_even_sphere_about_minus_4() -> None:
    assert uniformity(np.tile(unit(np.ones((1, 7))), (600, 1))) == pytest.approx(0, abs=1e-5)
    assert uniformity(unit(np.random.default_rng(0).normal(size=(600, 512)))) == pytest.approx(-4, abs=0.02)


@pytest.mark.parametrize("rows", [1, 2, 5, 23])
def test_blocks_change_nothing(
    monkeypatch: pytest.MonkeyPatch, pairs: tuple[np.ndarray, np.ndarray, np.ndarray], rows: int
) -> None:
    whole = alignment(*pairs), uniformity(pairs[1]), *mean_cosines(*pairs)
    monkeypatch.setattr(geometry, "BLOCK_ROWS", rows)
    assert (alignment(*pairs), uniformity(pairs[1]), *mean_cosines(*pairs)) == pytest.approx(whole, abs=1e-6)


def test_rotation_changes_nothing(pairs: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    images, texts, index = pairs
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    turned = (images @ rotation).astype(np.float32), (texts @ rotation).astype(np.float32), index
    assert alignment(*turned) == pytest.approx(alignment(*pairs), abs=1e-5)
    assert uniformity(turned[0]) == pytest.approx(uniformity(images), abs=1e-5)


def test_a_sample_of_rows_comes_near_all_pairs_and_is_the_same_each_time() -> None:
    rows = unit(np.random.default_rng(2).normal(size=(3000, 6)))
    sampled = uniformity(rows, limit=1500)
    assert sampled == uniformity(rows, limit=1500)
    assert sampled != uniformity(rows)
    assert sampled == pytest.approx(uniformity(rows), abs=0.03)


def test_one_photo_has_neither_other_rows_nor_unmatched_pairs() -> None:
    row = unit(np.ones((1, 3)))
    assert uniformity(row) is None
    assert mean_cosines(row, row, np.array([0]))[1] is None
