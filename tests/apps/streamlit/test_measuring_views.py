"""The views for research in Streamlit's test runner: evaluations, comparisons and training runs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from apps.conftest import OpenPage, a_run
from apps.streamlit.test_streamlit_app import shown
from rest.served_library import draw
from twinlens.api.evaluation import save_embeddings
from twinlens.evaluation.pairs import checked_pairs


def test_where_nothing_was_trained_the_first_page_tells_no_error(open_page: OpenPage, indexed: Path) -> None:
    page = open_page("Training runs", collection=str(indexed))
    assert not page.error
    assert any("There are no training runs yet" in text.value for text in page.markdown)
    page.text_input("runs folder").set_value("elsewhere").run()
    assert "does not exist" in page.error[-1].value


def test_embeddings_are_measured_compared_and_drawn(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    files = {"mine.npz": embeddings(tmp_path, noise=1.0), "other.npz": embeddings(tmp_path, noise=3.0)}
    page = open_page("Evaluation", collection=str(indexed))
    page.segmented_control("evaluate what").set_value("Saved files").run()
    page.file_uploader("measured files").upload("mine.npz", files["mine.npz"]).run()
    assert not page.exception
    assert list(page.dataframe[0].value["measure"])[:3] == ["R@1 in %", "R@5 in %", "R@10 in %"]
    titles = ["Recall at K", "Examples", "Similarity of photos and captions"]
    assert [element.value for element in page.subheader] == ["mine\\.npz", *titles]
    assert [metric.label for metric in page.metric] == 2 * ["R@1", "R@5", "R@10"]
    assert "12 photos · 12 captions" in shown(page)
    assert "bootstrap resamples of the photos" in shown(page)
    page.file_uploader("measured files").upload("other.npz", files["other.npz"]).run()
    assert not page.exception
    assert [element.value for element in page.subheader] == ["Results", "Recall at K", "Comparison of two", *titles[1:]]
    assert "12 queries both are right at once in" in shown(page)
    assert any("“caption 0”" in text.value or "“caption" in text.value for text in page.markdown)
    page.selectbox("compare b").set_value("mine.npz").run()
    assert "A and B are the same" in shown(page)
    page.button("clear").click().run()
    assert not page.subheader
    page.file_uploader("measured files").set_value(("bad.json", b"{}", "application/json")).run()
    assert "bad.json is not a report" in page.error[0].value.replace("\\", "")
    assert not page.exception


def embeddings(folder: Path, *, noise: float) -> bytes:
    """A file of twelve photos with a caption each, which is like its photo but for some noise."""
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8))
    texts = images + noise * random.normal(size=images.shape)
    pairs = checked_pairs(images, texts, np.arange(12))
    file = folder / "saved.npz"
    save_embeddings(replace(pairs, captions=tuple(f"caption {row}" for row in range(12))), file)
    return file.read_bytes()


def test_a_data_folder_is_measured(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    rows = []
    for name, colour in {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (30, 40, 200)}.items():
        draw(tmp_path / "data" / "images" / f"{name}.png", colour)
        rows.append({"file_name": f"{name}.png", "caption": f"a {name} wall"})
    (tmp_path / "data" / "captions.json").write_text(json.dumps(rows))
    page = open_page("Evaluation", collection=str(indexed))
    page.button("measure").click().run()
    assert "Choose the folder" in shown(page)
    page.text_input("data").set_value(str(tmp_path / "data")).run()
    assert list(page.selectbox("split").options) == ["val", "train", "all"], "three photos give none for a test"
    page.selectbox("split").set_value("all")
    page.button("measure").click().run()
    assert not page.exception
    assert not page.error
    assert page.subheader[0].value == "default on data/all"
    assert "R@1 in %" in list(page.dataframe[0].value["measure"])
    (tmp_path / "empty").mkdir()
    page.text_input("data").set_value(str(tmp_path / "empty"))
    page.button("measure").click().run()
    assert len(page.error) == 1


def test_runs_are_shown_with_curves_figures_and_recipes(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    a_run(tmp_path / "runs" / "first")
    a_run(tmp_path / "runs" / "second", epochs=0, finished=False)
    page = open_page("Training runs", collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "runs")).run()
    assert list(page.multiselect("run").options) == ["first", "second"]
    assert "epoch 2 of 3, best epoch 1, 4 s of training, stopped early" in shown(page)
    assert [element.value for element in page.subheader] == ["What differs", "Each run"]
    assert list(page.table[0].value["state"]) == ["stopped early", "no epoch is finished yet"]
    assert "the best epoch" in shown(page)
    page.multiselect("run").set_value(["second"]).run()
    assert "No epoch is finished yet" in shown(page)
    page.multiselect("run").set_value([]).run()
    assert "Choose runs above" in shown(page)
    assert not page.exception
    page.text_input("runs folder").set_value(str(tmp_path / "none")).run()
    assert "does not exist" in page.error[-1].value


def test_a_run_that_is_trained_now_is_read_again(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    folder = a_run(tmp_path / "runs" / "going", finished=False)
    with FileLock(folder / ".lock"):
        page = open_page("Training runs", collection=str(indexed))
        assert list(page.table[0].value["state"]) == ["training now"]
        assert "Read again every 10 seconds" in shown(page)
    page.button("read runs").click().run()
    assert list(page.table[0].value["state"]) == ["interrupted"]
    assert not page.exception


def test_a_run_whose_data_is_there_can_be_measured_on_its_validation_photos(
    open_page: OpenPage, indexed: Path, tmp_path: Path
) -> None:
    folder = a_run(tmp_path / "runs" / "first")
    (folder / "best.safetensors").write_bytes(b"damaged")
    (folder / "environment.json").write_text(json.dumps({"source": {"directory": str(tmp_path)}}))
    page = open_page("Training runs", collection=str(indexed))
    assert "On the validation photos" in [element.value for element in page.subheader]
    page.button("measure runs").click().run()
    assert not page.exception
    assert len(page.error) == 1, "the folder has no captions, which is one sentence"
    evaluation = open_page("Evaluation", collection=str(indexed))
    assert "runs/first" in list(evaluation.selectbox("measured model").options)[-1]


@pytest.mark.parametrize("name", ["recipe.json", "metrics.jsonl", "validation.json"])
def test_a_damaged_run_is_one_line(open_page: OpenPage, indexed: Path, tmp_path: Path, name: str) -> None:
    (a_run(tmp_path / "run") / name).write_text("[nothing\n")
    page = open_page("Training runs", collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "run")).run()
    assert not page.exception
    assert name in page.error[-1].value.replace("\\", "")
