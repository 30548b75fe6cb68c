from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twinlens.collection.showing.match_map import DIMMED, draw_match_map, match_map, peak, spread, write_match_map
from twinlens.errors import QueryError


def drawn_grid(rows: int = 4, columns: int = 5, dim: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    query = random.normal(size=dim)
    return query / np.linalg.norm(query), random.normal(size=(rows, columns, dim)) + 0.3


def score(query: np.ndarray, grid: np.ndarray, weights: np.ndarray) -> float:
    total = sum(weights[row, column] * grid[row, column] for row, column in np.ndindex(weights.shape))
    return float(total @ query / np.linalg.norm(total))


def test_map_is_what_the_score_gains_when_a_cell_counts_a_little_more() -> None:
    query, grid = drawn_grid()
    gains, ones, little = np.zeros((4, 5)), np.ones((4, 5)), 1e-6
    for cell in np.ndindex(4, 5):
        more = ones.copy()
        more[cell] += little
        gains[cell] = (score(query, grid, more) - score(query, grid, ones)) / little
    assert abs(gains.sum()) < 1e-6
    positive = np.maximum(gains, 0)
    np.testing.assert_allclose(match_map(query, grid), positive / positive.max(), atol=1e-4)


def test_turning_the_space_or_scaling_the_cells_leaves_the_map() -> None:
    query, grid = drawn_grid()
    turn, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(6, 6)))
    np.testing.assert_allclose(match_map(query @ turn, 7 * grid @ turn), match_map(query, grid), atol=1e-5)


def test_what_all_cells_have_in_common_is_not_in_the_map() -> None:
    query, grid = drawn_grid()
    total = grid.sum(axis=(0, 1))
    common = total / np.linalg.norm(total)
    moved = query + 0.5 * common
    np.testing.assert_allclose(match_map(moved / np.linalg.norm(moved), grid), match_map(query, grid), atol=1e-5)


def test_a_photo_of_one_colour_has_an_empty_map() -> None:
    same = np.tile(np.array([0.5, 0.25, 1.0]), (3, 3, 1))
    assert not match_map(np.array([0.0, 1.0, 0.0]), np.zeros((3, 3, 3))).any()
    assert match_map(same[0, 0] / np.linalg.norm(same[0, 0]), same).max() in (0, 1)


def test_spread_map_is_strongest_where_its_cell_lies() -> None:
    relevance = np.zeros((4, 5), dtype=np.float32)
    relevance[1, 3] = 1.0
    heat = spread(relevance, (100, 80))
    assert heat.shape == (80, 100)
    assert (heat.min(), heat.max()) == (0.0, 1.0)
    assert peak(heat) == pytest.approx((0.7, 0.375), abs=0.02)


def test_what_the_model_did_not_see_of_a_photo_stays_cold() -> None:
    heat = spread(np.ones((3, 3), dtype=np.float32), (60, 40), box=(10.0, 0.0, 50.0, 40.0))
    assert not heat[:, :10].any()
    assert not heat[:, 50:].any()
    np.testing.assert_allclose(heat[:, 10:50], 1.0, atol=1e-5)


def test_hot_pixels_keep_their_colours_and_cold_ones_turn_dark_and_grey() -> None:
    photo = Image.new("RGB", (4, 2), (200, 100, 50))
    heat = np.zeros((2, 4), dtype=np.float32)
    heat[:, :2] = 1.0
    picture = draw_match_map(photo, heat)
    assert picture.getpixel((0, 0)) == (200, 100, 50)
    grey = int(DIMMED * photo.convert("L").getpixel((0, 0)))
    assert picture.getpixel((3, 1)) == (grey, grey, grey)


def test_an_older_map_is_replaced_and_a_photo_is_not(tmp_path: Path) -> None:
    for colour in ("red", "blue"):
        write_match_map(Image.new("RGB", (3, 3), colour), tmp_path / "map.png", how="grid")
    with Image.open(tmp_path / "map.png") as found:
        assert found.getpixel((0, 0)) == (0, 0, 255)
        assert found.info["Description"] == "grid"
    Image.new("RGB", (3, 3)).save(tmp_path / "photo.png")
    before = (tmp_path / "photo.png").read_bytes()
    with pytest.raises(QueryError, match=r"photo.png already exists and is not a match map"):
        write_match_map(Image.new("RGB", (3, 3)), tmp_path / "photo.png", how="grid")
    assert (tmp_path / "photo.png").read_bytes() == before
    with pytest.raises(QueryError, match=r"must end in .png, got 'map.jpg'"):
        write_match_map(Image.new("RGB", (3, 3)), tmp_path / "map.jpg", how="grid")
    with pytest.raises(QueryError, match="cannot be written"):
        write_match_map(Image.new("RGB", (3, 3)), tmp_path / "missing" / "map.png", how="grid")
