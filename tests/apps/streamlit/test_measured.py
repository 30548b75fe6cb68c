"""Figures read from saved files, and what is drawn of them."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from twinlens.api.evaluation import save_embeddings
from twinlens.apps.streamlit.measuring.answers import answers
from twinlens.apps.streamlit.measuring.charts import difference_chart, recall_chart
from twinlens.apps.streamlit.measuring.comparison import compared_rows
from twinlens.apps.streamlit.measuring.disagreements import disagreements
from twinlens.apps.streamlit.measuring.downloads import csv_of, figures_zip
from twinlens.apps.streamlit.measuring.examples import chosen_queries
from twinlens.apps.streamlit.measuring.figures import exact_rows, figure_rows
from twinlens.apps.streamlit.measuring.heat_map import heat_map
from twinlens.apps.streamlit.measuring.measured import Measured, kept_with, read_measured
from twinlens.apps.streamlit.measuring.recall import recall_rows
from twinlens.errors import DataError
from twinlens.evaluation.pairs import checked_pairs

BOTH = {
    "text_to_image": {"R@1": 10.0, "R@10": 50.0, "P@1": 10.0, "MRR": 0.25, "ci95": {"R@1": [8.0, 12.0]}},
    "image_to_text": {"R@1": 20.0, "R@10": 60.0, "P@1": 20.0, "MRR": 0.3},
}


def test_a_saved_report_gives_a_row_a_measure() -> None:
    (measured,) = read_measured("mine.json", json.dumps(BOTH).encode())
    assert measured.pairs is None
    rows = figure_rows(measured.report)
    assert rows[0] == {"measure": "R@1 in %", "text → image": "10.0  [8.0, 12.0]", "image → text": "20.0"}
    assert rows[-1] == {"measure": "MRR", "text → image": "0.250", "image → text": "0.300"}


def test_a_report_of_classes_has_one_column() -> None:
    report = {"zero_shot": {"top1": 81.5, "n_images": 100, "prompts": ["a photo of a {}"]}, "model": "m"}
    (measured,) = read_measured("classes.json", json.dumps(report).encode())
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
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["errorbar", "point"]


def test_exact_figures_are_a_table_with_intervals() -> None:
    rows = csv_of(exact_rows("a", BOTH)).splitlines()
    assert rows[0] == "evaluation,direction,measure,value,low,high"
    assert rows[1] == "a,text → image,R@1,10.0,8.0,12.0"
    assert rows[-1] == "a,image → text,MRR,0.3,,"


def test_a_report_of_several_languages_gives_one_each() -> None:
    report = {"languages": {"de": BOTH, "en": BOTH}, "mean_of_languages": {}}
    found = read_measured("mine.json", json.dumps(report).encode())
    assert [one.name for one in found] == ["mine.json, de", "mine.json, en"]
    assert len(kept_with([], found)) == 2


@pytest.mark.parametrize(
    "intervals", [None, [], {"R@1": None}, {"R@1": [8.0]}, {"R@1": ["8", "12"]}], ids=lambda one: json.dumps(one)
)
def test_a_report_with_broken_intervals_is_refused(intervals: object) -> None:
    broken = {**BOTH, "image_to_text": {"R@1": 20.0, "ci95": intervals}}
    with pytest.raises(DataError, match=r"mine\.json is not a report"):
        read_measured("mine.json", json.dumps(broken).encode())


def test_a_file_that_is_nested_without_end_is_no_json() -> None:
    with pytest.raises(DataError, match=r"mine\.json is not valid JSON"):
        read_measured("mine.json", b"[" * 200_000)


def test_of_one_origin_the_newer_is_kept_and_names_differ() -> None:
    old, other = Measured("a on x", BOTH, origin="1"), Measured("a on x", BOTH, origin="2")
    together = kept_with(kept_with([], [old]), [other])
    assert [one.name for one in together] == ["a on x", "a on x (2)"]
    newer = Measured("a on x", BOTH, origin="1")
    assert [one.key for one in kept_with(together, [newer])] == [other.key, newer.key]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Twelve photos with a caption each; the captions of the last two are swapped."""
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8))
    right = [*range(10), 11, 10]
    pairs = checked_pairs(images, images[right], np.arange(12))
    file = tmp_path_factory.mktemp("measured") / "mine.npz"
    save_embeddings(replace(pairs, captions=tuple(f"caption {row}" for row in range(12))), file)
    return read_measured("mine.npz", file.read_bytes())[0]


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


def test_a_heat_map_names_captions_and_photos_and_frames_right_pairs(measured: Measured) -> None:
    assert measured.pairs is not None
    drawn = heat_map(measured.pairs, shown=5)
    rows = drawn["data"]["values"]
    assert len(rows) == 25
    assert {row["said"] for row in rows} <= {f"caption {row}" for row in range(12)}
    assert all(row["cosine"] == 1.0 for place, row in enumerate(rows) if place % 6 == 0 and row["said"] < "caption 10")
    assert [row["right"] for row in rows] == [place % 6 == 0 for place in range(25)]
    marks = [layer["mark"]["type"] for layer in drawn["layer"]]
    assert marks == ["rect", "rect", "text"]
    pictured = heat_map(measured.pairs, shown=5, pictures=lambda name: "" if name == "photo 0" else "data:,")
    assert pictured["layer"][-1]["mark"]["type"] == "image"


def test_disagreements_are_queries_that_one_model_alone_answers(measured: Measured) -> None:
    right = np.ones(12, dtype=np.int64)
    ranks = measured.first_ranks["text_to_image"]
    assert sorted(disagreements(right, ranks).tolist()) == [10, 11]
    assert disagreements(ranks, right).tolist() == []
    assert disagreements(right, np.array([1, 2, 7, *[1] * 9])).tolist() == [2, 1]


def test_files_of_names_that_look_alike_are_downloaded_side_by_side(measured: Measured) -> None:
    def page() -> None:
        import streamlit as st

        from twinlens.apps.streamlit.measuring.downloads import offer_downloads

        offer_downloads(st.session_state["several"])

    app = AppTest.from_function(page, default_timeout=60)
    names = ("mine too.npz", "mine-too.npz")
    app.session_state["several"] = [replace(measured, name=name, key=name) for name in names]
    app.run()
    assert not app.exception


@pytest.mark.thorough  # it draws six figures, five seconds
def test_the_figures_for_a_paper_are_one_zip(measured: Measured) -> None:
    pytest.importorskip("matplotlib")
    with zipfile.ZipFile(io.BytesIO(figures_zip(measured, kind="svg"))) as pack:
        assert {"recall_curves.svg", "cosine_heat_map.svg"} <= set(pack.namelist())
        assert pack.read("recall_curves.svg").startswith(b"<?xml")


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
