"""Figures read from saved files, and what is drawn of them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from twinlens.api.evaluation import save_embeddings
from twinlens.apps.streamlit.measuring.charts import difference_chart, heat_map, recall_chart
from twinlens.apps.streamlit.measuring.comparison import compared_rows
from twinlens.apps.streamlit.measuring.examples import answers, chosen_queries
from twinlens.apps.streamlit.measuring.measured import Measured, figure_rows, read_measured, recall_rows
from twinlens.errors import DataError
from twinlens.evaluation.pairs import checked_pairs

BOTH = {
    "text_to_image": {"R@1": 10.0, "R@10": 50.0, "P@1": 10.0, "MRR": 0.25, "ci95": {"R@1": [8.0, 12.0]}},
    "image_to_text": {"R@1": 20.0, "R@10": 60.0, "P@1": 20.0, "MRR": 0.3},
}


def test_a_saved_report_gives_a_row_a_measure() -> None:
    measured = read_measured("mine.json", json.dumps(BOTH).encode())
    assert measured.pairs is None
    rows = figure_rows(measured.report)
    assert rows[0] == {"measure": "R@1", "text → image": "10.0  [8.0, 12.0]", "image → text": "20.0"}
    assert rows[-1] == {"measure": "MRR", "text → image": "0.250", "image → text": "0.300"}


def test_a_report_of_classes_has_one_column() -> None:
    report = {"zero_shot": {"top1": 81.5, "n_images": 100, "prompts": ["a photo of a {}"]}, "model": "m"}
    measured = read_measured("classes.json", json.dumps(report).encode())
    assert figure_rows(measured.report) == [
        {"measure": "top1", "value": "81.5"},
        {"measure": "n_images", "value": "100"},
    ]


def test_a_report_has_points_with_intervals_and_no_curve() -> None:
    curve, points = recall_rows(Measured("a", BOTH), "text_to_image", "R")
    assert curve == []
    assert points == [
        {"name": "a", "k": 1, "value": 10.0, "low": 8.0, "high": 12.0},
        {"name": "a", "k": 10, "value": 50.0},
    ]
    assert [row["k"] for row in recall_rows(Measured("a", BOTH), "image_to_text", "P")[1]] == [1]
    chart = recall_chart(curve, points)
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["rule", "point"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Twelve photos with a caption each; the captions of the last two are swapped."""
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8))
    right = [*range(10), 11, 10]
    pairs = checked_pairs(images, images[right], np.arange(12))
    file = tmp_path_factory.mktemp("measured") / "mine.npz"
    save_embeddings(replace(pairs, captions=tuple(f"caption {row}" for row in range(12))), file)
    return read_measured("mine.npz", file.read_bytes())


def test_embeddings_give_a_whole_curve(measured: Measured) -> None:
    curve, points = recall_rows(measured, "text_to_image", "R")
    assert [row["k"] for row in curve] == [1, 2, 3, 4, 5, 7, 10]
    assert curve[0]["value"] == pytest.approx(100 * 10 / 12, abs=1e-3)
    assert all("low" in row for row in points)


def test_examples_are_right_or_wrong(measured: Measured) -> None:
    first = measured.first_ranks["text_to_image"]
    assert chosen_queries(first, "Right at once").tolist() == list(range(10))
    wrong = {*chosen_queries(first, "Near misses").tolist(), *chosen_queries(first, "Furthest off").tolist()}
    assert wrong == {10, 11}
    assert chosen_queries(np.array([1, 40, 12, 3, 99]), "Furthest off").tolist() == [4, 1, 2]
    best = answers(measured, "text_to_image", 10, k=12)
    assert (best[0].row, best[0].is_right) == (11, False)
    assert [one.row for one in best if one.is_right] == [10]
    assert answers(measured, "image_to_text", 3, k=1)[0].is_right


def test_a_heat_map_names_captions_and_photos(measured: Measured) -> None:
    assert measured.pairs is not None
    rows = heat_map(measured.pairs, shown=5)["data"]["values"]
    assert len(rows) == 25
    assert {row["said"] for row in rows} <= {f"caption {row}" for row in range(12)}
    assert all(row["cosine"] == 1.0 for place, row in enumerate(rows) if place % 6 == 0 and row["said"] < "caption 10")


def test_differences_of_the_same_embeddings_are_not_clear(measured: Measured) -> None:
    rows = compared_rows(measured, replace(measured, key="another"))["text_to_image"]
    assert {row["verdict"] for row in rows} == {"not clear"}
    assert {row["difference"] for row in rows} == {0.0}
    assert difference_chart(rows)["layer"][1]["encoding"]["tooltip"][0] == {"field": "measure"}
    with pytest.raises(DataError, match="embeddings of both"):
        compared_rows(measured, Measured("figures", BOTH))


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"text_to_image": {}}', b'{"zero_shot": null}', b'{"text_to_image": 1}']
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"mine\.json"):
        read_measured("mine.json", content)


def test_what_is_no_npz_file_is_refused_by_its_own_name() -> None:
    with pytest.raises(DataError, match=r"^mine\.npz"):
        read_measured("mine.npz", b"nothing")
