"""The views of what people give and teach: chosen photos, words of their own, captions, tags, duplicates."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from apps.conftest import OpenPage
from apps.streamlit.test_streamlit_app import OPENS
from twinlens.api.library import Collection
from twinlens.apps.streamlit.curating.move_list import CHOSEN as LISTED
from twinlens.apps.streamlit.finding.tagging import accept_suggested
from twinlens.errors import QueryError
from twinlens.types import Grade

GREEN, RED = "wood/green.png", "beach/red.png"


@pytest.fixture
def photos(indexed: Path, tmp_path: Path) -> Path:
    """A library that a test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "photos"))


def test_a_word_is_taught_by_photos_that_were_chosen_shown_and_forgotten(open_page: OpenPage, photos: Path) -> None:
    page = open_page(collection=str(photos))
    page.toggle("choosing").set_value(True).run()
    for name in (GREEN, RED):
        page.checkbox(f"choose found {name}").check().run()
    page.text_input("word these").set_value("Rex").run()
    page.button("do word").click().run()
    assert "“rex” is what 2 photos show" in page.success[0].value
    page.text_input("words").set_value("rex").run()
    assert any("learnt from 2 photos" in one.value.replace("\\", "") for one in page.info)
    page = open_page("Teaching", collection=str(photos))
    assert any("rex" in one.value for one in page.markdown)
    page.text_input("word to learn").set_value("unheard").run()
    page.button("learn word").click().run()
    assert "at least 2 photos" in page.error[0].value
    page.button("learn").click().run()
    told = page.error[0].value.replace("\\", "")
    assert "a lesson needs 40 photos" in told
    assert "say with the thumbs what fits" in told
    assert "twinlens" not in told
    assert "undo lesson" not in [one.key for one in page.button], "there is none"
    page.button("forget word rex").click().run()
    assert not page.exception
    with Collection.open(photos) as collection:
        assert collection.teaching.said() == []


def test_captions_are_added_changed_and_taken_away(open_page: OpenPage, photos: Path) -> None:
    page = open_page(collection=str(photos))
    page.button(OPENS + GREEN).click().run()
    page.text_area(f"caption {GREEN} a green meadow").set_value("a meadow in May").run()
    page.text_input(f"new caption {GREEN}").set_value("spring").run()
    assert page.text_input(f"new caption {GREEN}").value == ""
    with Collection.open(photos) as collection:
        assert collection.captions.of(GREEN) == ["a meadow in May", "spring"]
    page.text_area(f"caption {GREEN} spring").set_value(" ").run()
    assert not page.exception
    with Collection.open(photos) as collection:
        assert collection.captions.of(GREEN) == ["a meadow in May"]


def test_duplicates_stand_side_by_side_with_their_evidence_and_a_list_is_made(
    open_page: OpenPage, photos: Path
) -> None:
    copy = photos / "copies" / "red again.png"
    copy.parent.mkdir()
    shutil.copyfile(photos / RED, copy)
    with Collection.open(photos) as collection:
        collection.tags.add("Old", [RED])
        collection.index()
    page = open_page("Duplicates", collection=str(photos))
    assert any("the same file again" in one.value for one in page.caption)
    boxes = [box for box in page.checkbox if (box.key or "").startswith("listed ") and box.value]
    assert boxes
    page.button("make list").click().run()
    assert f"({len(boxes)} path" in page.get("download_button")[0].proto.label
    listed = next(box for box in boxes if "red" in (box.key or ""))
    listed.uncheck().run()
    assert list(page.session_state[LISTED].values()) == [False]
    page = open_page("Albums", collection=str(photos))
    assert not page.exception


class Suggesting:
    """Suggests the same tags for every photo, and notes those that are given."""

    def __init__(self) -> None:
        self.giving, self.given = self, list[tuple[str, list[str]]]()

    def suggested_tags(self, photo_id: str) -> list[tuple[str, Grade]]:
        return [("sky", "strong"), ("sea", "likely")]

    def tag(self, photo_ids: list[str], tags: list[str]) -> int:
        self.given.append((photo_ids[0], tags))
        return 1


def test_suggested_tags_that_are_sure_are_accepted_for_several_photos() -> None:
    library: Any = Suggesting()
    assert accept_suggested(library, [RED, GREEN]) == 2
    assert library.given == [(RED, ["sky"]), (GREEN, ["sky"])]
    with pytest.raises(QueryError, match="at most 200 photos at a time, and these are 201"):
        accept_suggested(library, [RED] * 201)
    assert len(library.given) == 2


def test_a_tag_is_renamed_on_all_photos(open_page: OpenPage, photos: Path) -> None:
    with Collection.open(photos) as collection:
        collection.tags.add("Old", [RED, GREEN])
        collection.albums.add("Best", [RED, GREEN])
    page = open_page("Albums", collection=str(photos))
    page.text_input("new tag").set_value("New").run()
    page.button("rename tag").click().run()
    page.button("album Best").click().run()
    page.button(f"open album {GREEN}").click().run()
    page.button("put first").click().run()
    assert not page.exception
    with Collection.open(photos) as collection:
        assert collection.tags.all() == [("New", 2)]
        assert collection.albums.ids("Best") == [GREEN, RED]
