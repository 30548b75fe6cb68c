"""Two collections become one: photos, and what people gave them, are united."""

import shutil
from pathlib import Path

import pytest

from collection.portable.conftest import OpenCollection, given
from conftest import ColourEncoder, draw_photo
from twinlens.api.upkeep.portable import merge
from twinlens.collection.catalog.settings import ONLY_KNOWN
from twinlens.collection.collection import Collection
from twinlens.errors import CollectionError


@pytest.fixture
def other(tmp_path: Path, library: Collection) -> Path:
    """Another collection: a green photo, and a copy of red.png, with things of their own."""
    folder = tmp_path / "others"
    draw_photo(folder / "green.png", "green")
    shutil.copy(tmp_path / "photos" / "red.png", folder / "same.png")
    with Collection.create([folder], at=tmp_path / "other") as collection:
        collection.index()
        collection.tags.add("wall", ["same.png"])
        collection.ratings.rate(2, ["same.png", "green.png"])
        collection.albums.add("best", ["green.png"])
        collection.feedback("green", good=["green.png"])
    return tmp_path / "other"


@pytest.fixture
def apart(library: Collection, photos: Path, models: dict[str, ColourEncoder], tmp_path: Path) -> Path:
    """The library, at a place of its own."""
    library.close()
    shutil.copytree(photos / ".twinlens", tmp_path / "apart")
    shutil.rmtree(photos / ".twinlens")
    with Collection(tmp_path / "apart") as collection:
        collection.catalog.move_folder(1, str(photos))
    return tmp_path / "apart"


def test_photos_of_both_are_in_one_and_none_is_read(
    apart: Path, other: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    trial = merge(apart, other, dry_run=True)
    merged = merge(apart, other)
    assert (trial.taken, trial.new_folders) == (merged.taken, merged.new_folders)
    assert (merged.taken.added, merged.new_folders) == (2, [tmp_path / "others"])
    both = open_collection(apart)
    found = given(both)
    assert list(found["photos"]) == [
        *("photos/copy.png", "photos/red.png", "photos/trip/blue.png", "others/green.png", "others/same.png")
    ]
    assert found["albums"]["Best"] == ("", ["photos/trip/blue.png", "photos/red.png", "others/green.png"])
    assert found["photos"]["others/same.png"][2:4] == (("wall",), 2)
    assert found["photos"]["photos/red.png"][2:4] == ((), None)
    assert both.search("green", k=1)[0].id == "others/green.png"
    assert both.index().unchanged == 5
    assert both.faults() == []
    assert merge(apart, other).taken.added == 0
    assert given(open_collection(apart)) == found


def test_what_equal_contents_were_given_is_united_where_no_photo_is_taken_in(
    apart: Path, other: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    merged = merge(apart, other, given_only=True)
    assert (merged.taken.added, merged.taken.kept) == (0, 1)
    both = open_collection(apart)
    assert (both.tags.of("red.png"), both.ratings.of("red.png")) == (["wall"], 2)
    assert both.ratings.of("copy.png") == 4
    shutil.copy(tmp_path / "others" / "green.png", tmp_path / "photos" / "late.png")
    both.index()
    assert both.ratings.of("late.png") == 2
    assert both.albums.ids("Best")[-1] == "late.png"


def test_a_photo_folder_that_is_not_there_gives_what_its_photos_had(
    apart: Path, other: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    (tmp_path / "others").rename(tmp_path / "gone")
    merged = merge(apart, other)
    assert (merged.missing, merged.taken.added, merged.taken.kept) == ([tmp_path / "others"], 0, 1)
    assert open_collection(apart).ratings.of("red.png") == 2


def test_photos_of_another_model_are_embedded_by_the_next_index(
    apart: Path, other: Path, open_collection: OpenCollection, models: dict[str, ColourEncoder]
) -> None:
    with Collection(other) as collection:
        collection.reindex("other")
    merged = merge(apart, other)
    assert (merged.to_embed, merged.taken.added) == (2, 0)
    both = open_collection(apart)
    assert both.index().added == 2
    assert both.ratings.of("others/green.png") == 2


def test_a_collection_in_its_photo_folder_is_merged_into_a_new_one(
    library: Collection, other: Path, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)
    library.close()
    with pytest.raises(CollectionError, match="give --to DIR"):
        merge(photos, other)
    assert merge(photos, other, to=tmp_path / "both", dry_run=True).taken.added == 2
    assert merge(photos, other, to=tmp_path / "both").taken.added == 2
    both = open_collection(tmp_path / "both")
    assert {name.removeprefix("photos/"): one for name, one in given(both)["photos"].items() if "photos/" in name} == (
        before["photos"]
    )
    assert both.index().unchanged == 5
    assert given(open_collection()) == before


def test_the_collection_of_a_subfolder_is_taken_into_that_of_the_outer_one(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    library.close()
    with Collection.create([photos / "trip"], at=tmp_path / "inner") as inner:
        inner.index()
        inner.tags.add("sea", ["blue.png"])
    with pytest.raises(CollectionError, match="merge this collection into that of"):
        merge(tmp_path / "inner", photos)
    assert merge(photos, tmp_path / "inner").taken.added == 0
    assert "sea" in open_collection().tags.of("trip/blue.png")


def test_a_collection_is_not_merged_with_itself(apart: Path) -> None:
    with pytest.raises(CollectionError, match="nothing to merge"):
        merge(apart, apart)


def test_what_the_other_s_photos_need_to_stay_is_taken_over(apart: Path, other: Path) -> None:
    with Collection(other) as collection:
        collection.index(archives=True, follow_links=True)
    merge(apart, other)
    with Collection(apart) as both:
        assert (both.catalog.opens_archives, both.catalog.follows_links) == (True, True)


def test_the_photos_of_a_search_are_not_merged_with_all_of_a_folder(apart: Path, other: Path) -> None:
    for narrow in (apart, other):
        with Collection(narrow) as collection:
            collection.catalog.set_meta({ONLY_KNOWN: "1"})
        with pytest.raises(CollectionError, match="has only the photos of a search"):
            merge(apart, other)
        assert merge(apart, other, given_only=True).taken.added == 0
        with Collection(narrow) as collection:
            collection.catalog.set_meta({ONLY_KNOWN: "0"})


def excluding(other: Path, *patterns: str) -> None:
    with Collection(other) as collection:
        collection.index(exclude=patterns)


def test_what_the_other_one_leaves_out_is_left_out_here_too(apart: Path, other: Path, tmp_path: Path) -> None:
    excluding(other, "*.gif", "/drafts/")
    draw_photo(tmp_path / "others" / "drafts" / "white.png", "white")
    trial = merge(apart, other, dry_run=True)
    merged = merge(apart, other)
    assert merged.patterns.taken == trial.patterns.taken == ["*.gif", "/drafts/"]
    assert merged.patterns.refused == {}
    with Collection(apart) as both:
        assert (both.catalog.excluded, both.index().added) == (["*.gif", "/drafts/"], 0)
    assert merge(apart, other).patterns.taken == []


def test_a_pattern_that_would_take_photos_away_here_is_told_and_not_taken(apart: Path, other: Path) -> None:
    excluding(other, "trip/", "*.gif", "!keep.gif")
    merged = merge(apart, other)
    assert merged.patterns.taken == ["*.gif"]
    assert merged.patterns.refused["trip/"] == "it would leave out 1 photo here, such as trip/blue.png"
    assert "takes back" in merged.patterns.refused["!keep.gif"]
    with Collection(apart) as both:
        assert both.index().removed == 0


def test_patterns_of_a_subfolder_hold_there_alone(library: Collection, photos: Path, tmp_path: Path) -> None:
    library.close()
    with Collection.create([photos / "trip"], at=tmp_path / "inner") as inner:
        inner.index(exclude=["red.png", "/drafts/"])
    assert merge(photos, tmp_path / "inner").patterns.taken == ["/trip/**/red.png", "/trip/drafts/"]
    with Collection.open(photos) as both:
        assert both.index().removed == 0
