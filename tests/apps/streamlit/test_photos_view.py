"""The view that finds photos: pages, parts of a query, one photo, what people give, albums, pictures, exports."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from apps.conftest import OpenPage
from apps.streamlit.test_streamlit_app import OPENS, results
from rest.served_library import ODD_NAME, PHOTOS
from twinlens.api.library import Collection, find_existing
from twinlens.apps.libraries.library import AskedPicture, SearchOptions
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.streamlit.finding.asked import Asked
from twinlens.apps.streamlit.finding.doing import all_found
from twinlens.apps.streamlit.finding.export import FORMATS, exported
from twinlens.apps.streamlit.folder_chooser import UP, subfolders

GREEN = "wood/green.png"


@pytest.fixture
def photos(indexed: Path, tmp_path: Path) -> Path:
    """A library that a test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "photos"))


@pytest.fixture(scope="module")
def library(indexed: Path) -> Iterator[LocalLibrary]:
    opened = LocalLibrary(find_existing(indexed))
    yield opened
    opened.close()


def test_a_part_of_the_words_is_left_out_on_a_click(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.text_input("words").set_value("folder:wood wall").run()
    assert results(page) == [GREEN]
    (part,) = [button for button in page.button if (button.key or "").startswith("part ")]
    part.click().run()
    assert page.text_input("words").value == "wall"
    assert "beach/red.png" in results(page)


def test_orders_reasons_and_grades(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    page.selectbox("sort").set_value("name").run()
    assert results(page) == sorted(PHOTOS, key=lambda name: name.rpartition("/")[2].casefold())
    page.toggle("reasons").set_value(True)
    page.text_input("words").set_value("a green meadow").run()
    assert any("found by name" in one.value for one in page.caption)
    page.selectbox("show").set_value("Strong only").run()
    with Collection.open(indexed) as collection:
        expected = [hit.id for hit in collection.search("a green meadow", min_grade="strong", group=True)]
    assert sorted(results(page)) == sorted(expected)
    assert not page.exception


def test_what_is_given_in_the_view_of_a_photo_is_in_the_collection(open_page: OpenPage, photos: Path) -> None:
    page = open_page(collection=str(photos))
    page.text_input("words").set_value("a green meadow").run()
    page.button(OPENS + GREEN).click().run()
    assert any("number 1 by meaning" in one.value or "found by" in one.value for one in page.caption)
    page.multiselect(f"Tags {GREEN}").set_value(["Spring"]).run()
    page.multiselect(f"Albums {GREEN}").set_value(["Best"]).run()
    page.button(f"favourite {GREEN}").click().run()
    page.get_by_key(f"stars {GREEN}").set_value(3).run()
    page.get_by_key(f"thumbs photo {GREEN} a green meadow").set_value(1).run()
    assert not page.exception
    assert not page.error
    with Collection.open(photos) as collection:
        card = collection.photo(GREEN)
        assert card is not None
        assert (card.tags, card.albums, card.rating, card.is_favourite) == (("Spring",), ("Best",), 4, True)
        assert [one.good for one in collection.teaching.said()] == [(GREEN,)]
    page.multiselect(f"Tags {GREEN}").set_value([]).run()
    page.multiselect(f"Albums {GREEN}").set_value([]).run()
    with Collection.open(photos) as collection:
        card = collection.photo(GREEN)
        assert card is not None
        assert (card.tags, card.albums) == ((), ())
    page.button("back").click().run()
    assert GREEN in results(page)


def test_albums_are_made_of_what_was_found_opened_renamed_and_deleted(open_page: OpenPage, photos: Path) -> None:
    with Collection.open(photos) as collection:
        collection.albums.add("Shore", [GREEN])
    page = open_page(collection=str(photos))
    page.text_input("words").set_value("folder:beach").run()
    page.text_input("tag these").set_value("sea").run()
    page.button("do tag").click().run()
    assert "2 photos tagged" in page.success[0].value
    page.selectbox("album these").set_value("Shore").run()
    page.button("do album").click().run()
    page.text_input("save as").set_value("Sea").run()
    page.button("do save").click().run()
    assert not page.error
    page = open_page("Albums", collection=str(photos))
    assert [button.key for button in page.button if (button.key or "").startswith("album ")] == [
        "album Sea",
        "album Shore",
    ]
    assert any("Shore · 3 photos" in one.value for one in page.caption)
    page.button("album Sea").click().run()
    opens = [button.key for button in page.button if (button.key or "").startswith("open album")]
    assert len(opens) == 2
    page.text_input("name Sea").set_value("Ocean").run()
    page.button("rename album").click().run()
    assert page.subheader[0].value == "Ocean"
    page.checkbox("sure Ocean").check().run()
    page.button("delete album").click().run()
    assert [button.key for button in page.button if (button.key or "").startswith("album ")] == ["album Shore"]
    assert not page.exception


def test_photos_and_uploads_are_searched_by_together_with_parts_and_others_left_out(
    open_page: OpenPage, indexed: Path
) -> None:
    page = open_page(collection=str(indexed))
    page.selectbox("show").set_value("All photos").run()
    page.button(OPENS + GREEN).click().run()
    page.button("like").click().run()
    assert GREEN not in results(page)
    assert len(results(page)) == 4
    page.file_uploader("picture").upload("mine.png", (indexed / "beach" / "red.png").read_bytes(), "image/png").run()
    assert not page.exception
    (part,) = [toggle for toggle in page.toggle if (toggle.key or "").startswith("upload") and "part" in toggle.key]
    part.set_value(True).run()
    assert [slider.value for slider in page.slider] == [(25, 75), (25, 75)]
    assert not page.error
    (role,) = [one for one in page.segmented_control if (one.key or "").startswith("upload")]
    role.set_value("Not like this").run()
    assert not page.exception
    assert "beach/red.png" not in results(page)
    page.button(f"picked {GREEN} drop").click().run()
    assert "give one that photos are to be like" in page.error[0].value


def test_a_photo_on_its_own_leads_to_the_next_and_the_one_before(open_page: OpenPage, indexed: Path) -> None:
    page = open_page(collection=str(indexed))
    first, second = results(page)[:2]
    page.button(OPENS + first).click().run()
    assert page.button("Previous").disabled
    page.button("Next").click().run()
    page.button("Previous").click().run()
    assert any(first.rpartition("/")[2] in one.value.replace("\\", "") for one in page.markdown)
    page.button("Next").click().run()
    assert any(second.rpartition("/")[2] in one.value.replace("\\", "") for one in page.markdown)
    assert not page.exception


@pytest.mark.parametrize("chosen", list(FORMATS))
def test_what_was_found_is_exported(library: LocalLibrary, chosen: str) -> None:
    asked, options = Asked("folder:beach"), SearchOptions()
    file = exported(library, asked.find(library, options), chosen)
    names = ["beach/red.png", "beach/sea & sand.png"]
    if chosen == "photo files (zip)":
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            assert sorted(archive.namelist()) == names
    elif chosen == "contact sheet (PNG)":
        with Image.open(io.BytesIO(file)) as sheet:
            assert sheet.width > 400  # two thumbnails beside each other
    else:
        assert b"red.png" in file
        assert b"green.png" not in file


def test_all_pages_are_put_together(library: LocalLibrary) -> None:
    found = all_found(library, Asked(), SearchOptions(), at_once=2)
    assert sorted(hit.id for hit in found.hits) == sorted(PHOTOS)
    by_words = all_found(library, Asked("folder:beach OR folder:odd"), SearchOptions(all_copies=True), at_once=2)
    assert sorted(hit.id for hit in by_words.hits) == sorted(["beach/red.png", "beach/sea & sand.png", ODD_NAME])


def test_searches_of_the_same_pictures_have_the_same_pages() -> None:
    options = SearchOptions(offset=24)
    one, same = (Asked("a dog", (AskedPicture(b"1", region="0,0,1,1"),)) for _ in range(2))
    assert one.key(options) == same.key(SearchOptions())
    assert one.key(options) != Asked("a dog", (AskedPicture(b"2"),)).key(options)


def test_a_folder_is_chosen_step_by_step(open_page: OpenPage, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    assert subfolders(indexed) == ["beach", "odd", "wood"]
    assert subfolders(tmp_path / "nowhere") == []
    page = open_page(collection=str(indexed))
    page.selectbox("place inside").set_value("wood").run()
    assert page.text_input("place").value == str(indexed / "wood")
    assert results(page) == [GREEN]
    page.selectbox("place inside").set_value(UP).run()
    assert len(results(page)) == 5
