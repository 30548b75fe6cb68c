import json
from pathlib import Path

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.pointing_game import ObjectBox, pointing_game, read_boxes

COMMITTED = Path(__file__).parents[2] / "benchmarks" / "quality" / "boxes.json"
CORNER = ObjectBox("a.jpg", "a dog", (0.0, 0.0, 0.5, 0.5))
MIDDLE = ObjectBox("b.jpg", "a cat", (0.4, 0.4, 0.6, 1.0))


def heat_at(row: int, column: int) -> np.ndarray:
    heat = np.full((10, 10), 0.5, dtype=np.float32)
    heat[row, column] = 1.0
    return heat


def test_figures_worked_out_by_hand() -> None:
    report = pointing_game([heat_at(1, 2), heat_at(0, 0)], [CORNER, MIDDLE])
    assert report.pointed == 50.0
    assert report.missed == (MIDDLE,)
    assert report.centre == 100.0  # the corner's box ends in the middle
    assert report.random == pytest.approx((25 + 12) / 2)
    inside = (25 * 0.5 + 0.5) / 50.5, (12 * 0.5) / 50.5
    assert report.heat_inside == pytest.approx(50 * sum(inside), abs=0.01)
    assert (report.n_boxes, report.n_photos) == (2, 2)


def test_maps_drawn_at_random_point_as_often_as_the_boxes_are_large() -> None:
    random = np.random.default_rng(0)
    boxes = [CORNER._replace(photo=f"{number}.jpg") for number in range(800)]
    report = pointing_game([random.random((6, 6), dtype=np.float32) for _ in boxes], boxes)
    assert report.ci95[0] <= report.random <= report.ci95[1]
    assert report.heat_inside == pytest.approx(25.0, abs=1.0)


def test_an_empty_map_has_no_heat_inside() -> None:
    assert pointing_game([np.zeros((4, 4), dtype=np.float32)], [MIDDLE]).heat_inside == 0.0


def test_a_map_is_wanted_for_each_box() -> None:
    with pytest.raises(DataError, match="got 1 maps and 2 boxes"):
        pointing_game([heat_at(0, 0)], [CORNER, MIDDLE])


def test_a_box_that_is_none_is_named_with_its_entry(tmp_path: Path) -> None:
    file = tmp_path / "boxes.json"
    row = {"file_name": "a.jpg", "words": "a dog", "box": [0.1, 0.2, 0.3, 0.4]}
    file.write_text(json.dumps([row]))
    assert read_boxes(file) == [ObjectBox("a.jpg", "a dog", (0.1, 0.2, 0.3, 0.4))]
    for wrong in ({"box": [0.3, 0.2, 0.1, 0.4]}, {"box": [0, 0, 2, 1]}, {"box": [0, 1]}, {"words": 3}):
        file.write_text(json.dumps([row, {**row, **wrong}]))
        with pytest.raises(DataError, match="entry 1: expected file_name, words and box"):
            read_boxes(file)
    file.write_text("{}")
    with pytest.raises(DataError, match="a list of"):
        read_boxes(file)


def test_committed_boxes_are_many_and_small_and_mostly_off_the_middle() -> None:
    boxes = read_boxes(COMMITTED)
    assert len({own.photo for own in boxes}) >= 30
    assert max((own.box[2] - own.box[0]) * (own.box[3] - own.box[1]) for own in boxes) < 1 / 3
    report = pointing_game([heat_at(5, 5)] * len(boxes), boxes)
    assert report.centre < 50
