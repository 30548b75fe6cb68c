import numpy as np

from twinlens.collection.teaching.directions import Library
from twinlens.collection.teaching.rocchio import BAD, GOOD, refined_photo, refined_text
from twinlens.types import Embeddings

NONE = np.empty((0, 16), dtype=np.float32)


def rows(count: int, seed: int) -> Embeddings:
    drawn = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_photos_move_by_the_means_of_the_good_and_the_bad() -> None:
    query, good, bad = rows(1, 0)[0], rows(3, 1), rows(2, 2)
    expected = query + GOOD * good.mean(axis=0) - BAD * bad.mean(axis=0)
    np.testing.assert_allclose(
        refined_photo(query, good, bad), expected / np.linalg.norm(expected), rtol=1e-5, atol=1e-6
    )


def test_a_direction_is_that_of_discriminant_analysis() -> None:
    photos, some = rows(50, 3), rows(4, 4)
    covariance = np.cov(photos.T.astype(np.float64), bias=True)
    shrunk = covariance + np.trace(covariance) / 16 * np.eye(16)
    expected = np.linalg.solve(shrunk, some.mean(axis=0) - photos.mean(axis=0))
    direction = Library(photos).direction(some)
    assert direction is not None
    np.testing.assert_allclose(direction, expected, rtol=1e-3, atol=1e-4)


def test_a_text_moves_towards_good_photos_and_away_from_bad_ones() -> None:
    library, query, good, bad = Library(rows(50, 3)), rows(1, 0)[0], rows(2, 5), rows(2, 6)
    refined = refined_text(query, good, bad, library)
    assert refined @ good.mean(axis=0) > query @ good.mean(axis=0)
    assert refined @ bad.mean(axis=0) < query @ bad.mean(axis=0)
    assert np.isclose(np.linalg.norm(refined), 1, atol=1e-5)


def test_rotating_all_vectors_rotates_the_refined_one() -> None:
    turn = np.linalg.qr(np.random.default_rng(9).normal(size=(16, 16)))[0].astype(np.float32)
    photos, query, good, bad = rows(50, 3), rows(1, 0)[0], rows(2, 5), rows(2, 6)
    turned = refined_text(query @ turn, good @ turn, bad @ turn, Library(photos @ turn))
    np.testing.assert_allclose(turned, refined_text(query, good, bad, Library(photos)) @ turn, atol=1e-4)


def test_a_library_of_one_photo_has_nothing_to_compare_with() -> None:
    query, one = rows(1, 0)[0], rows(1, 1)
    np.testing.assert_allclose(refined_text(query, one, NONE, Library(one)), query, atol=1e-6)
