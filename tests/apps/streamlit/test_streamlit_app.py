"""The page in Streamlit's test runner, over a real collection."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from apps.conftest import OpenPage, a_run
from rest.served_library import ODD_NAME, draw
from twinlens.api.evaluation import save_embeddings
from twinlens.api.library import Collection
from twinlens.evaluation.pairs import checked_pairs
from twinlens.model.load import DEFAULT_BUNDLE


def shown(page: AppTest) -> str:
    return "\n".join(element.value for kind in ("text", "info", "error", "warning") for element in page.get(kind))


def results(page: AppTest) -> list[str]:
    """The photos in the grid, by rank."""
    texts = [element.value for element in page.text if " · cosine " in element.value]
    return [text.partition("\n")[2] for text in texts]


def test_words_find_what_the_collection_finds(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.checkbox("words all").check()
    page.number_input("words k").set_value(4)
    page.text_input("words").set_value("a green meadow").run()
    with Collection.open(indexed) as collection:
        hits = collection.search("a green meadow", k=4)
    assert results(page) == [hit.id for hit in hits]
    assert not page.error
    assert " · ".join(["1", *([hits[0].grade] if hits[0].grade else []), "cosine"]) in shown(page)


def test_a_date_filter_tells_of_the_photos_that_it_cannot_judge(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.text_input("words filter after").set_value("2023")
    page.text_input("words").set_value("a green meadow").run()
    notes = " ".join(one.value for one in page.caption)
    assert "5 photos have only the date of the file, which may be that of a copy" in notes


def test_where_nothing_was_trained_the_first_page_tells_no_error(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    assert not page.error
    assert any("There are no training runs yet" in notice.value for notice in page.info)
    page.text_input("runs folder").set_value("elsewhere").run()
    assert "does not exist" in page.error[-1].value


def test_an_example_is_searched_for_when_it_is_clicked(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    assert results(page) == []
    page.button("example a dog on a beach").click().run()
    assert page.text_input("words").value == "a dog on a beach"
    assert len(results(page)) >= 3


def test_a_name_of_markup_is_shown_as_text(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.checkbox("words all").check()
    page.text_input("words").set_value("yellow").run()
    assert ODD_NAME in results(page)


def test_a_picture_finds_captions_and_the_photo_like_it(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.checkbox("picture all").check()
    picture = indexed / "beach" / "red.png"
    page.file_uploader("picture").upload("mine.png", picture.read_bytes(), "image/png").run()
    assert not page.exception
    with Collection.open(indexed) as collection:
        captions = collection.caption(picture)
        similar = [hit.id for hit in collection.similar(picture, include_query_photo=True)]
    assert results(page) == similar
    assert results(page)[0] == "beach/red.png"
    table = page.dataframe[0].value
    assert list(table["caption"]) == [hit.caption for hit in captions]
    assert list(table["rank"]) == [1, 2, 3]


def test_what_is_no_picture_is_one_line(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.file_uploader("picture").upload("mine.png", b"no picture", "image/png").run()
    assert len(page.error) == 1
    assert not page.exception


def test_a_folder_that_was_never_indexed_is_indexed_by_a_button(open_page: OpenPage, tmp_path: Path) -> None:
    draw(tmp_path / "new" / "red.png", (200, 30, 30))
    page = open_page(collection=str(tmp_path / "new"))
    assert "there is no collection" in shown(page).replace("\\", "")
    page.button("index").click().run()
    assert not page.exception
    page.text_input("words").set_value("red").run()
    assert results(page) == ["red.png"]
    draw(tmp_path / "new" / "blue.png", (30, 40, 200))
    page.run()
    assert "Since the last look for new photos at least 1 new." in shown(page)
    page.button("index again").click().run()
    page.checkbox("words all").check().run()
    assert sorted(results(page)) == ["blue.png", "red.png"]
    page.checkbox("verify").check()
    page.button("index again").click().run()
    assert "0 of 2 read again had changed" in page.success[0].value.replace("\\", "")


def test_bad_places_and_models_are_one_line_each(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    page = open_page(collection=str(tmp_path / "nowhere"))
    assert not page.exception
    assert "nowhere" in shown(page)
    for place in ("\0", "x" * 3000, "~nobody-at-all/photos"):
        page.text_input("place").set_value(place).run()
        assert not page.exception
        assert len(page.error) == 1
    page = open_page(collection=str(indexed), model="nobody")
    assert len(page.error) == 1
    assert "nobody" in page.error[0].value
    page = open_page(server="http://127.0.0.1:9")
    assert len(page.error) == 1
    assert "twinlens serve" in page.error[0].value.replace("\\", "")


def test_embeddings_are_measured_and_drawn(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8))
    file = tmp_path / "mine.npz"
    save_embeddings(checked_pairs(images, images + random.normal(size=images.shape), np.arange(12)), file)
    page = open_page(collection=str(indexed))
    page.radio("evaluate what").set_value("Saved files").run()
    page.file_uploader("measured files").upload("mine.npz", file.read_bytes()).run()
    assert not page.exception
    assert list(page.dataframe[0].value["measure"])[:3] == ["R@1", "R@5", "R@10"]
    assert [element.value for element in page.subheader][:3] == [
        "mine.npz",
        "R@K and P@K: mine.npz",
        "Similarity of photos and captions: mine.npz",
    ]
    page.file_uploader("measured files").set_value(("bad.json", b"{}", "application/json")).run()
    assert "bad.json is not an evaluation report" in page.error[0].value.replace("\\", "")
    assert not page.exception


def test_a_data_folder_is_measured(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    rows = []
    for name, colour in {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (30, 40, 200)}.items():
        draw(tmp_path / "data" / "images" / f"{name}.png", colour)
        rows.append({"file_name": f"{name}.png", "caption": f"a {name} wall"})
    (tmp_path / "data" / "captions.json").write_text(json.dumps(rows))
    page = open_page(collection=str(indexed))
    page.button("measure").click().run()
    assert "Enter the folder" in shown(page)
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
    page = open_page(collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "runs")).run()
    assert list(page.selectbox("run").options) == ["first", "second"]
    assert "epoch 2 of 3, best epoch 1, 4 s of training, finished" in shown(page)
    assert [element.value for element in page.subheader] == ["Validation", "Curves", "Recipe"]
    page.selectbox("run").set_value("second").run()
    assert "No epoch is finished yet" in shown(page)
    assert not page.exception
    page.text_input("runs folder").set_value(str(tmp_path / "none")).run()
    assert "does not exist" in page.error[-1].value


@pytest.mark.parametrize("name", ["recipe.json", "metrics.jsonl", "validation.json"])
def test_a_damaged_run_is_one_line(open_page: OpenPage, indexed: Path, tmp_path: Path, name: str) -> None:
    (a_run(tmp_path / "run") / name).write_text("[nothing\n")
    page = open_page(collection=str(indexed))
    page.text_input("runs folder").set_value(str(tmp_path / "run")).run()
    assert not page.exception
    assert name in page.error[-1].value.replace("\\", "")


@pytest.mark.slow
def test_another_model_is_changed_to_by_a_button(
    open_page: OpenPage, indexed: Path, tmp_path: Path, own_home: Path
) -> None:
    photos = Path(shutil.copytree(indexed, tmp_path / "photos"))
    mine = Path(shutil.copytree(DEFAULT_BUNDLE, own_home / "models" / "mine"))
    manifest = json.loads((mine / "model.json").read_text())
    manifest["text"]["max_tokens"] -= 1  # makes it another model
    (mine / "model.json").write_text(json.dumps(manifest))
    page = open_page(collection=str(photos))
    page.selectbox("model").set_value("mine").run()
    assert "was indexed with" in shown(page)
    assert "Choose a collection" in shown(page)
    page.button("reindex").click().run()
    assert not page.exception
    assert "5 photos can be searched with the model mine" in page.success[0].value
    page.text_input("words").set_value("red").run()
    assert len(results(page)) >= 3
    assert "model mine" in shown(page)


def test_a_photo_whose_file_is_gone_has_a_label_in_place_of_its_picture(
    open_page: OpenPage, indexed: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(indexed, tmp_path / "photos"))
    (place / "beach" / "red.png").unlink()
    page = open_page(collection=str(place))
    page.checkbox("words all").check()
    page.text_input("words").set_value("red").run()
    assert "beach/red.png" in results(page)
    warnings = [warning.value for warning in page.warning]
    assert warnings.count("This file is gone.") == 1
    assert any(warning.startswith("1 of these photos") for warning in warnings)


def test_unknown_words_are_told_and_corrected_on_a_click(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.text_input("words").set_value("a giraff on grass").run()
    assert "Unknown word: “giraff”; did you mean: a giraffe on grass" in plainly(shown(page))
    page.button("did you mean").click().run()
    assert page.text_input("words").value == "a giraffe on grass"
    assert "nknown word" not in shown(page)
    page.text_input("words").set_value("qwrtzx").run()
    assert "No word of this query is known: “qwrtzx”" in plainly(shown(page))
    assert "Nothing here matches" not in shown(page)


def plainly(text: str) -> str:
    return text.replace("\\", "")
