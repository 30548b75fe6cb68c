"""The views for research in Streamlit's test runner: evaluations, comparisons and training runs."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps.conftest import OpenPage, a_run
from apps.streamlit.test_streamlit_app import shown
from rest.served_library import draw
from twinlens.api.evaluation import save_embeddings
from twinlens.evaluation.pairs import checked_pairs


def test_where_nothing_was_trained_the_first_page_tells_no_error(open_page: OpenPage, indexed: Path) -> None:
    page = open_page("Training runs", collection=str(indexed))
    assert not page.error
    assert any("There are no training runs yet" in notice.value for notice in page.info)
    page.text_input("runs folder").set_value("elsewhere").run()
    assert "does not exist" in page.error[-1].value


def test_embeddings_are_measured_and_drawn(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8))
    file = tmp_path / "mine.npz"
    save_embeddings(checked_pairs(images, images + random.normal(size=images.shape), np.arange(12)), file)
    page = open_page("Evaluation", collection=str(indexed))
    page.segmented_control("evaluate what").set_value("Saved files").run()
    page.file_uploader("measured files").upload("mine.npz", file.read_bytes()).run()
    assert not page.exception
    assert list(page.dataframe[0].value["measure"])[:3] == ["R@1", "R@5", "R@10"]
    titles = ["Recall", "Examples", "Similarity of photos and captions"]
    assert [element.value for element in page.subheader] == ["mine\\.npz", *titles]
    assert [metric.label for metric in page.metric] == 2 * ["R@1", "R@5", "R@10"]
    page.file_uploader("measured files").upload("other.npz", file.read_bytes()).run()
    assert "Comparison" in [element.value for element in page.subheader]
    assert not page.exception
    page.button("clear").click().run()
    assert not page.subheader
    page.file_uploader("measured files").set_value(("bad.json", b"{}", "application/json")).run()
    assert "bad.json is not an evaluation report" in page.error[0].value.replace("\\", "")
    assert not page.exception


def test_a_data_folder_is_measured(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    rows = []
    for name, colour in {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (30, 40, 200)}.items():
        draw(tmp_path / "data" / "images" / f"{name}.png", colour)
        rows.append({"file_name": f"{name}.png", "caption": f"a {name} wall"})
    (tmp_path / "data" / "captions.json").write_text(json.dumps(rows))
    page = open_page("Evaluation", collection=str(indexed))
    page.button("measure").click().run()
    assert "Choose the folder" in shown(page)
    page.text_input("data").set_value(str(tmp_path / "data"))
    page.selectbox("split").set_value("all")
    page.button("measure").click().run()
    assert not page.exception
    assert not page.error
    assert "R@1" in list(page.dataframe[0].value["measure"])
    (tmp_path / "empty").mkdir()
    page.text_input("data").set_value(str(tmp_path / "empty"))
    page.button("measure").click().run()
    assert len(page.error) == 1


def test_a_run_is_shown_with_curves_figures_and_recipe(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    a_run(tmp_path / "runs" / "first")
    a_run(tmp_path / "runs" / "second", epochs=0, finished=False)
    page = open_page("Training runs", collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "runs")).run()
    assert list(page.multiselect("run").options) == ["first", "second"]
    assert "epoch 2 of 3, best epoch 1, 4 s of training, stopped early" in shown(page)
    titles = [element.value for element in page.subheader]
    assert titles == ["Loss", "Learning rate", "Validation: R@1", "What differs", "Each run"]
    assert list(page.dataframe[0].value["state"]) == ["stopped early", "no epoch is finished yet"]
    page.multiselect("run").set_value(["second"]).run()
    assert "No epoch is finished yet" in shown(page)
    assert not page.exception
    page.text_input("runs folder").set_value(str(tmp_path / "none")).run()
    assert "does not exist" in page.error[-1].value


@pytest.mark.parametrize("name", ["recipe.json", "metrics.jsonl", "validation.json"])
def test_a_damaged_run_is_one_line(open_page: OpenPage, indexed: Path, tmp_path: Path, name: str) -> None:
    (a_run(tmp_path / "run") / name).write_text("[nothing\n")
    page = open_page("Training runs", collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "run")).run()
    assert not page.exception
    assert name in page.error[-1].value.replace("\\", "")
