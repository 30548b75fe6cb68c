"""The page in Streamlit's test runner, over a real collection."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.conftest import OpenPage
from rest.served_library import ODD_NAME, PHOTOS, draw
from twinlens.api.library import Collection
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.model.load import DEFAULT_BUNDLE

OPENS = "open found "
TOLD = ("text", "caption", "info", "error", "warning")


def shown(page: AppTest) -> str:
    return "\n".join(element.value for kind in TOLD for element in page.get(kind))


def results(page: AppTest) -> list[str]:
    """The photos in the grid, by rank."""
    return [key.removeprefix(OPENS) for button in page.button if (key := button.key or "").startswith(OPENS)]


def test_words_find_what_the_collection_finds(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.selectbox("show").set_value("All photos")
    page.selectbox("k").set_value(12)
    page.text_input("words").set_value("a green meadow").run()
    with Collection.open(indexed) as collection:
        hits = collection.search("a green meadow", k=12)
    assert results(page) == [hit.id for hit in hits]
    assert not page.error
    assert hits[0].id == "wood/green.png"
    assert ":violet-badge[name] :violet-badge[caption]" in page.markdown[1].value
    page.button(OPENS + hits[0].id).click().run()
    page.toggle("why").set_value(True).run()
    assert not [*page.error, *page.warning, *page.exception]


def test_a_date_filter_tells_of_the_photos_that_it_cannot_judge(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.text_input("filter after").set_value("2023")
    page.text_input("words").set_value("a green meadow").run()
    inputs = [*page.text_input, *page.selectbox]
    filters = {one.key.removeprefix("filter ") for one in inputs if one.key and one.key.startswith("filter ")}
    assert list(page.selectbox("filter folder").options)[:1] == ["beach"]
    assert filters == {"after", "before", "folder", "camera", "orientation"}, "the others are for the query"
    notes = " ".join(one.value for one in page.caption)
    assert "5 photos have only the date of the file, which may be that of a copy" in notes


def test_an_example_is_searched_for_when_it_is_clicked(
    open_page: OpenPage, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalLibrary, "examples", lambda _: ["a green meadow"])
    page = open_page(collection=str(indexed))
    assert sorted(results(page)) == sorted(PHOTOS), "the newest photos"
    examples = [button for button in page.button if (button.key or "").startswith("example ")]
    examples[0].click().run()
    assert page.text_input("words").value == examples[0].label
    assert results(page)
    assert not [button for button in page.button if (button.key or "").startswith("example ")]


def test_a_name_of_markup_is_shown_as_text(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.selectbox("show").set_value("All photos")
    page.text_input("words").set_value("yellow").run()
    assert ODD_NAME in results(page)


def test_a_picture_finds_captions_and_the_photo_like_it(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.selectbox("show").set_value("All photos")
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
    assert "These photos cannot be searched yet" in [title.value for title in page.subheader]
    page.button("index").click().run()
    assert not page.exception
    page.text_input("words").set_value("red").run()
    assert results(page) == ["red.png"]
    draw(tmp_path / "new" / "blue.png", (30, 40, 200))
    page.run()
    assert "Since the last look for new photos at least 1 new." in shown(page)
    page.button("index again").click().run()
    page.selectbox("show").set_value("All photos").run()
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
    assert "Choose photos" in shown(page)
    page.button("reindex").click().run()
    assert not page.exception
    assert "5 photos can be searched with the model mine" in page.success[0].value
    page.text_input("words").set_value("a meadow in the sun").run()
    assert len(results(page)) >= 3
    assert "model mine" in shown(page)


def test_a_collection_of_the_model_before_is_changed_over_when_it_is_opened(
    open_page: OpenPage, indexed: Path, tmp_path: Path
) -> None:
    photos = Path(shutil.copytree(indexed, tmp_path / "photos"))
    with Collection.open(photos) as collection:
        before, now = collection.encoder.same_features[-1], collection.encoder.fingerprint
        collection.catalog.set_meta({"fingerprint": before})
    page = open_page(collection=str(photos))
    assert not page.error
    assert not page.warning
    assert now in shown(page)
    page.text_input("words").set_value("a meadow in the sun").run()
    assert len(results(page)) >= 3


def test_a_photo_whose_file_is_gone_has_a_label_in_place_of_its_picture(
    open_page: OpenPage, indexed: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(indexed, tmp_path / "photos"))
    (place / "beach" / "red.png").unlink()
    page = open_page(collection=str(place))
    page.selectbox("show").set_value("All photos")
    page.text_input("words").set_value("red").run()
    assert "beach/red.png" in results(page)
    warnings = [warning.value for warning in page.warning]
    assert warnings.count("This file is gone.") == 1
    assert any(warning.startswith("1 of these photos") for warning in warnings)


def test_a_switch_shows_the_near_copies_of_a_photo_and_an_option_shows_each_by_itself(
    open_page: OpenPage, indexed: Path, tmp_path: Path
) -> None:
    photos = Path(shutil.copytree(indexed, tmp_path / "photos"))
    shutil.copyfile(photos / "beach" / "red.png", photos / "beach" / "red again.png")
    with Collection.open(photos) as collection:
        collection.index()
    page = open_page(collection=str(photos))
    page.selectbox("show").set_value("All photos")
    page.text_input("words").set_value("red").run()
    (first,) = [photo for photo in results(page) if "red" in photo]
    (other,) = {"beach/red.png", "beach/red again.png"} - {first}
    assert len(results(page)) == 5
    (switch,) = [switch for switch in page.toggle if "alike" in switch.label]
    assert switch.label == "+1 alike"
    assert not [one for one in page.caption if other in one.value.replace("\\", "")]
    switch.set_value(True).run()
    assert [one for one in page.caption if other in one.value.replace("\\", "")]
    assert len(results(page)) == 5
    page.checkbox("copies").check().run()
    assert {first, other} < set(results(page))
    assert not [switch for switch in page.toggle if "alike" in switch.label]


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
