import numpy as np
import pytest

from contracts.vector_store import unit
from twinlens.stores.codes import Codes, Rough, packed, unpacked, width


def with_a_large_coordinate(count: int, dim: int) -> np.ndarray:
    """Unit vectors of which one coordinate is large in all, as in those of many models."""
    rows = np.random.default_rng(dim).normal(size=(count, dim))
    rows[:, 1] = 0.6 * np.sqrt(dim)
    return unit(rows)


def rough(rows: np.ndarray, query: np.ndarray) -> Rough:
    """As ``Scanner.scan``, in plain float64."""
    codes, asked = Codes.of(rows), Codes.of(query[None])
    products = codes.numbers.astype(np.int64) @ asked.numbers[0].astype(np.int64)
    return Rough((products * codes.scales * asked.scales[0]).astype(np.float32), codes.errors, float(asked.errors[0]))


@pytest.mark.parametrize("dim", [3, 8, 33, 517])
def test_no_cosine_is_wrong_by_more_than_both_errors(dim: int) -> None:
    rows = np.concatenate([with_a_large_coordinate(200, dim), unit(np.eye(dim)[:20] + 1e-3)])
    for query in (rows[3], rows[210 if dim > 11 else 201], unit(np.random.default_rng(1).normal(size=dim))):
        found = rough(rows, query)
        wrong = np.abs(found.scores - rows.astype(np.float64) @ query)
        assert (wrong <= found.errors * (1 + found.query_error) + found.query_error).all()
        assert wrong.max() > 0


def test_a_coordinate_that_is_large_in_all_rows_takes_no_precision_from_the_others() -> None:
    rows = with_a_large_coordinate(100, 512)
    even = unit(np.random.default_rng(0).normal(size=(100, 512)))
    assert Codes.of(rows).errors.mean() < 1.1 * Codes.of(even).errors.mean() < 0.01


def test_the_best_rows_are_always_among_those_that_could_be_and_those_are_few() -> None:
    rows = unit(np.random.default_rng(0).normal(size=(5000, 64)))
    usable = np.arange(5000) % 3 > 0
    for query in rows[:5]:
        cosines, found = rows @ query, rough(rows, query)
        for k in (1, 10, 300):
            best = set(np.argsort(-cosines)[:k].tolist())
            possible = found.could_be_best(k, None)
            assert best <= set(possible.tolist())
            assert len(possible) < 2 * k + 20
            allowed = np.flatnonzero(usable)
            assert set(allowed[np.argsort(-cosines[usable])[:k]]) <= set(found.could_be_best(k, usable))
            assert usable[found.could_be_best(k, usable)].all()


def test_codes_fit_the_vectors_they_were_made_of_and_no_others() -> None:
    rows = unit(np.random.default_rng(0).normal(size=(20, 33)))
    codes = Codes.of(rows)
    assert codes.fit(rows)
    assert not codes.fit(rows[::-1])
    assert codes.numbers.shape == (20, width(33)) == (20, 40)


def test_a_row_of_zeros_has_codes_of_zeros() -> None:
    codes = Codes.of(np.zeros((2, 8), dtype=np.float32))
    assert not codes.numbers.any()
    assert codes.scales.tolist() == [0, 0]


def test_scales_and_errors_go_into_one_column_and_out_again() -> None:
    codes = Codes.of(unit(np.random.default_rng(0).normal(size=(5, 16))))
    scales, errors = unpacked(packed(codes.scales, codes.errors))
    np.testing.assert_array_equal(scales, codes.scales)
    np.testing.assert_array_equal(errors, codes.errors)
