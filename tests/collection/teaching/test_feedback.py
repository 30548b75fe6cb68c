"""Feedback refines the query that it is about, and stays with its photos."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ColourEncoder, PhotoMaker, draw_photo
from twinlens.collection.collection import Collection
from twinlens.collection.repairing.repair import repair
from twinlens.collection.searching.query import photo_query
from twinlens.collection.teaching.subjects import query_subject
from twinlens.errors import QueryError, UnknownPhotoError
from twinlens.types import Hit

OpenCollection = Callable[..., Collection]
COLOURS = ("red", "green", "blue", "white", "black")


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """Four photos of each of five colours: red0.png, … black3.png."""
    for number in range(4):
        for colour in COLOURS:
            make_photo(f"{colour}{number}.png", colour, seed=number)
    collection = open_collection()
    collection.index()
    return collection


def ids(hits: list[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def test_a_query_that_says_nothing_finds_more_of_what_was_called_good(library: Collection) -> None:
    before = {hit.id: hit.rank for hit in library.search("zorkle", k=20)}
    assert library.feedback("zorkle", good=["blue0.png", "blue1.png"], bad=["red0.png"]) == 3
    hits = library.search("Zorkle", k=20)
    assert sorted(ids(hits[:4])) == [f"blue{number}.png" for number in range(4)]
    assert set(ids(hits[:2])) == {"blue0.png", "blue1.png"}
    assert set(before) - set(ids(hits)) == {"red0.png"}
    assert all("feedback" in hit.found_by for hit in hits[:2])
    answer = library.answer("zorkle")
    assert answer.wording.notes == ("refined by feedback: 2 good, 1 bad, left out",)
    assert {"blue0.png", "blue1.png"} <= set(ids(answer.matching))


def test_other_queries_are_as_before(library: Collection) -> None:
    before = library.search("red", k=20)
    library.feedback("zorkle", good=["blue0.png"], bad=["red0.png"])
    assert library.search("red", k=20) == before


@pytest.mark.parametrize(
    "query", ["ZORKLE", "a photo of zorkle", "zorkle type:png", "zorkle -green", "zorkle OR green"]
)
def test_feedback_holds_whatever_else_is_asked(library: Collection, query: str) -> None:
    library.feedback("zorkle", good=["blue0.png"], bad=["blue3.png"])
    found = ids(library.search(query, k=20))
    assert found[0] == "blue0.png"
    assert "blue3.png" not in found or query.endswith("green")  # the other alternative may find it


def test_a_filter_still_comes_first(library: Collection) -> None:
    library.feedback("zorkle", good=["blue0.png"])
    found = ids(library.search("zorkle name:red", k=20))
    assert sorted(found) == [f"red{number}.png" for number in range(4)]


def test_of_alternatives_a_good_photo_is_taken_for_the_one_that_it_fits(library: Collection) -> None:
    library.feedback("red OR blue", good=["blue2.png"], bad=["green1.png"])
    said = {one.subject: (one.good, one.bad) for one in library.teaching.said()}
    assert said == {"blue": (("blue2.png",), ("green1.png",)), "red": ((), ("green1.png",))}


def test_photos_like_a_photo_are_refined_in_the_space_of_features(library: Collection, photos: Path) -> None:
    library.feedback(photos / "red0.png", good=["green1.png"], bad=["red3.png"])
    answer = library.answer(photos / "red0.png", k=20)
    assert answer.space == "likeness"
    assert ids(answer.hits)[0] == "green1.png"
    assert "red3.png" not in ids(answer.hits)
    (photos / "red0.png").rename(photos / "again.png")
    library.index()
    assert ids(library.search(photos / "again.png", k=20))[0] == "green1.png"  # a picture is known by its content


def test_captions_of_bad_photos_are_left_out(library: Collection, tmp_path: Path) -> None:
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nred0.png,a red wall\nred1.png,a red door\n")
    library.add_captions(captions)
    library.feedback("red", bad=["red0.png"])
    assert [hit.caption for hit in library.search("red", target="caption")] == ["a red door"]


def test_a_bad_photo_has_no_grade_when_it_is_asked_for(library: Collection) -> None:
    library.feedback("red", bad=["red0.png"])
    hit = library.match("red", "red0.png")
    assert hit is not None
    assert (hit.grade, hit.relevant, hit.found_by) == (None, False, ())


def test_a_later_opinion_replaces_the_earlier_one(library: Collection) -> None:
    library.feedback("red", bad=["red0.png"])
    assert library.feedback("red", good=["red0.png"]) == 1
    assert library.feedback("red", good=["red0.png"]) == 0
    assert ids(library.search("red"))[0] == "red0.png"


def test_feedback_is_forgotten_of_a_photo_and_of_all(library: Collection) -> None:
    from twinlens.collection.searching.query import parse_query

    before = library.search("red", k=20)
    library.feedback("red", good=["blue0.png"], bad=["red0.png", "red1.png"])
    assert library.teaching.forget_feedback(parse_query("red"), ["red0.png"]) == 1
    assert "red0.png" in ids(library.search("red", k=20))
    assert library.teaching.forget_feedback(parse_query("red")) == 2
    assert library.search("red", k=20) == before


@pytest.mark.parametrize(
    ("query", "good", "bad", "told"),
    [
        ("red", ["red0.png"], ["gone.png"], "no indexed photo has the id 'gone.png'; nothing was recorded"),
        ("red", ["red0.png"], ["red0.png"], "'red0.png' was called both good and bad"),
        ("red", [], [], "no photo was named"),
        ("year:2023", ["red0.png"], [], "has neither words nor a picture"),
    ],
)
def test_feedback_that_cannot_be_meant_changes_nothing(
    library: Collection, query: str, good: list[str], bad: list[str], told: str
) -> None:
    library.feedback("red", bad=["blue1.png"])
    before = library.teaching.said()
    with pytest.raises(QueryError, match=told):
        library.feedback(query, good=good, bad=bad)
    assert library.teaching.said() == before


def test_an_unknown_photo_has_an_error_of_its_own(library: Collection) -> None:
    with pytest.raises(UnknownPhotoError):
        library.feedback("red", good=["../secret.png"])


# --- what stays -------------------------------------------------------------------------------


def opinions(collection: Collection) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {one.subject: (one.good, one.bad) for one in collection.teaching.said()}


def test_feedback_stays_through_a_rename_and_comes_back_with_the_content(
    library: Collection, photos: Path, tmp_path: Path
) -> None:
    library.feedback("sea", good=["blue0.png"], bad=["red0.png"])
    (photos / "blue0.png").rename(photos / "wave.png")
    shutil.move(photos / "red0.png", tmp_path / "away.png")
    library.index()
    assert opinions(library) == {"sea": (("wave.png",), ())}
    shutil.move(tmp_path / "away.png", photos / "back.png")
    library.index()
    assert opinions(library) == {"sea": (("wave.png",), ("back.png",))}


def test_feedback_on_a_photo_that_is_gone_for_good_does_no_harm(library: Collection, photos: Path) -> None:
    library.feedback("zorkle", good=["blue0.png"])
    (photos / "blue0.png").unlink()
    library.index()
    assert library.answer("zorkle").wording.notes == ()


def test_a_new_model_keeps_feedback(
    library: Collection, models: dict[str, ColourEncoder], open_collection: OpenCollection
) -> None:
    library.feedback("zorkle", good=["blue0.png"], bad=["red0.png"])
    library.reindex("other")
    found = ids(library.search("zorkle", k=20))
    assert found[0] == "blue0.png"
    assert "red0.png" not in found


def test_repair_keeps_feedback(library: Collection) -> None:
    library.feedback("zorkle", good=["blue0.png"], bad=["red0.png"])
    library.teaching.teach_word("Rex", ["green0.png", "green1.png"])
    before, path = opinions(library), library.path
    library.close()
    with (path / "catalog.sqlite").open("r+b") as file:
        file.write(b"\0" * 100)  # the header
    report = repair(path)
    assert report.faults
    with Collection(path) as mended:
        assert opinions(mended) == before


def test_an_older_catalog_that_cannot_be_written_has_no_feedback(tmp_path: Path, encoder: ColourEncoder) -> None:
    draw_photo(tmp_path / "old" / "red.png")
    with Collection.create([tmp_path / "old"], model=encoder) as collection:
        collection.index()
        with collection.catalog.transaction() as connection:
            for table in ("feedback", "lessons"):
                connection.execute(f"DROP TABLE {table}")
        place = collection.path
    catalog = place / "catalog.sqlite"
    catalog.chmod(0o444)
    from twinlens.collection.catalog.catalog import Catalog

    with_no_table = Catalog(catalog, read_only=True)
    try:
        table = with_no_table.feedback
        assert (table.is_empty(), table.all(), table.subjects(), table.lesson()) == (True, [], [], None)
        assert [len(one) for one in table.of("query:red")] == [0, 0]
    finally:
        with_no_table.close()
        catalog.chmod(0o644)


def test_too_many_photos_for_too_many_alternatives_are_refused(
    library: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.collection.teaching.teaching.MOST_COMPARED", 5)
    with pytest.raises(QueryError, match="3 photos and 2 alternatives are too many to compare"):
        library.feedback("red OR blue", good=["blue0.png", "blue1.png", "red0.png"])
    assert library.teaching.said() == []
    assert library.feedback("red OR blue", good=["blue0.png", "red0.png"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_query_by_picture_reads_its_file_once_and_no_pipe(
    library: Collection, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = photo_query(photos / "blue0.png")
    read: list[Path] = []
    own = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (read.append(path), own(path))[1])
    assert query_subject(asked) == query_subject(asked)
    assert read.count(photos / "blue0.png") <= 1
    os.mkfifo(tmp_path / "pipe.png")
    assert query_subject(photo_query(tmp_path / "pipe.png")) == "query:picture pipe.png"
