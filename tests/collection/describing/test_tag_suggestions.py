from pathlib import Path

import pytest

from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.describing import tag_suggestions
from twinlens.collection.searching.ranking import background
from twinlens.errors import DataError, QueryError
from twinlens.everyday.tags import EverydayTags

LIST = ("a red wall", "a blue sky", "green grass", "white snow", "black coal")
TAGS = EverydayTags(["wall, wall", "sky, sky", "grass, grass", "outdoors, sky, grass, snow"], LIST)


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch) -> Collection:
    monkeypatch.setattr(tag_suggestions, "descriptions", lambda language="en": LIST)
    monkeypatch.setattr(tag_suggestions, "everyday_tags", lambda: TAGS)
    monkeypatch.setattr(background, "everyday_texts", lambda: ("red", "green", "blue", "yellow", "white", "red blue"))
    for number in range(4):
        make_photo(f"reds/{number}.png", "red", seed=number)
        make_photo(f"{number}.png", "blue", seed=number)
    collection = open_collection()
    collection.index()
    return collection


def suggested(collection: Collection, **options: object) -> dict[str, set[str]]:
    return {photo.id: {one.tag for one in photo.tags} for photo in collection.suggest_tags(**options)}


def test_built_in_tags_are_suggested_and_nothing_is_stored(indexed: Collection) -> None:
    found = suggested(indexed)
    assert (len(found), found["reds/0.png"], found["0.png"]) == (8, {"wall"}, {"sky", "outdoors"})
    assert indexed.tags.all() == []


def test_photos_are_chosen_by_name_and_by_filters(indexed: Collection, photos: Path) -> None:
    assert set(suggested(indexed, photos=["0.png", photos / "reds" / "1.png"])) == {"0.png", "reds/1.png"}
    assert set(suggested(indexed, folder="reds")) == {f"reds/{number}.png" for number in range(4)}
    with pytest.raises(QueryError, match="no indexed photo"):
        indexed.suggest_tags(["gone.png"])


def test_labels_of_a_file_are_graded_as_searches_for_them(indexed: Collection, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("warm, red\ncold, blue\n")
    found = {
        photo.id: {one.tag: one.grade for one in photo.tags}
        for photo in indexed.suggest_tags(labels=tmp_path / "labels.txt", min_grade="possible")
    }
    for query, tag in (("red", "warm"), ("blue", "cold")):
        grades = {hit.id: hit.grade for hit in indexed.search(query, k=100) if hit.grade}
        assert grades
        assert {photo: own[tag] for photo, own in found.items() if tag in own} == grades
    with pytest.raises(DataError, match="cannot be read"):
        indexed.suggest_tags(labels=tmp_path / "none.txt")


def test_accepted_tags_are_stored_and_not_suggested_again(indexed: Collection) -> None:
    accepted = indexed.accept_tags(indexed.suggest_tags(), min_grade="likely")
    assert (len(accepted.photos), accepted.tags) == (8, 3)
    assert accepted.given == 4 + 4 + 4
    assert indexed.tags.of("0.png") == ["outdoors", "sky"]
    assert suggested(indexed)["0.png"] == set()


def test_tags_come_in_a_language_are_kept_and_found_in_it_and_not_suggested_again_in_another(
    indexed: Collection,
) -> None:
    german = list(indexed.suggest_tags(["0.png", "1.png"], language="de"))
    assert {one.tag for photo in german for one in photo.tags} == {"Himmel", "outdoors"}
    indexed.accept_tags(german, min_grade="likely")
    assert indexed.tags.of("0.png") == ["Himmel", "outdoors"]
    assert {hit.id for hit in indexed.search("tag:himmel", k=9)} == {"0.png", "1.png"}
    assert {hit.id for hit in indexed.search("Himmel", k=9) if "tag" in hit.found_by} == {"0.png", "1.png"}
    for language in ("en", "fr", "de"):
        assert suggested(indexed, photos=["0.png"], language=language)["0.png"] == set()
    assert suggested(indexed, photos=["2.png"], language="zh")["2.png"] == {"天空", "outdoors"}
    with pytest.raises(QueryError, match="written in en"):
        indexed.suggest_tags(language="xx")


def test_tags_are_written_beside_the_photos_and_the_others_are_told(indexed: Collection, photos: Path) -> None:
    accepted = indexed.accept_tags(indexed.suggest_tags(["0.png", "1.png", "2.png"]), min_grade="likely")
    (photos / "1.png").unlink()
    (photos / "2.xmp").write_text("no xml")
    written, refused = indexed.write_tag_sidecars(accepted.photos)
    assert written == [photos / "0.png.xmp"]
    assert "outdoors" in written[0].read_text(encoding="utf-8")
    assert len(refused) == 2
    assert "1.png is gone" in " ".join(refused)
    assert "2.xmp is no XMP" in " ".join(refused)
