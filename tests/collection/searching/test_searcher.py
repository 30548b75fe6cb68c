"""Counting and judging as a collection does it, with the small encoder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import Query, QueryVector, Term
from twinlens.collection.searching.search import Search
from twinlens.errors import CollectionNotFoundError, NoProbabilitiesError, QueryError


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: Callable[..., Collection]) -> Collection:
    for name, colour in (("a/red.png", "red"), ("a/blue.png", "blue"), ("green.png", "green")):
        make_photo(name, colour)
    collection = open_collection()
    collection.index()
    return collection


def test_counting_needs_no_query(indexed: Collection) -> None:
    assert indexed.count() == 3
    assert indexed.count(folder="a") == 2
    assert indexed.count(favourites=True) == 0
    assert indexed.count(target="caption") == indexed.count(target="caption", folder="a") == 0
    with pytest.raises(QueryError, match="holds no indexed photos"):
        indexed.count(folder="nowhere")


def test_captions_are_counted_by_their_photos(indexed: Collection, tmp_path) -> None:
    (tmp_path / "c.csv").write_text("image,caption\na/red.png,red\na/red.png,dark red\ngreen.png,green\n")
    indexed.add_captions(tmp_path / "c.csv")
    assert indexed.count(target="caption") == 3
    assert indexed.count(target="caption", folder="a") == 2


def test_what_was_asked_for_comes_back_with_the_answer(indexed: Collection) -> None:
    search = Search.of("red", k=1, filters={"folder": "a"})
    answer = indexed.answer(search)
    assert answer.search is search
    assert [hit.id for hit in answer.hits] == ["a/red.png"]
    assert (answer.num_candidates, answer.matched) == (2, None)  # this model has no relevance maps
    assert answer.model == "colour0000000001"


def test_a_search_has_its_options_already(indexed: Collection) -> None:
    with pytest.raises(QueryError, match="already contains its options, got also k"):
        indexed.answer(Search.of("red"), k=3)


def test_a_vector_that_comes_with_the_query_is_used_and_its_time_is_counted(
    indexed: Collection, encoder: ColourEncoder
) -> None:
    blue = QueryVector(encoder.encode_text(["blue"])[0], encoder.fingerprint)
    query = Query((Term("words", "scarlet"),), "scarlet", blue, embedding_s=1.0)
    answer = indexed.answer(Search(query))
    assert answer.hits[0].id == "a/blue.png"
    assert answer.took_ms >= 1000


def test_a_vector_of_another_model_is_not_used(indexed: Collection) -> None:
    other = ColourEncoder(fingerprint="other", dim=12)
    query = Query((Term("words", "red"),), "red", QueryVector(other.encode_text(["blue"])[0], other.fingerprint))
    assert indexed.answer(Search(query)).hits[0].id == "a/red.png"


def test_nothing_passes_the_filters(indexed: Collection) -> None:
    answer = indexed.answer("red", favourites=True)
    assert (list(answer.hits), answer.num_candidates, answer.matched) == ([], 0, 0)
    assert answer.shown == []


def test_a_least_probability_needs_probabilities(indexed: Collection) -> None:
    with pytest.raises(NoProbabilitiesError):
        indexed.answer("red", min_probability=0.5)


def test_an_empty_collection_says_what_to_do(open_collection: Callable[..., Collection]) -> None:
    with pytest.raises(CollectionNotFoundError, match="run: twinlens index"):
        open_collection().search("red")


def test_captions_are_not_judged_even_by_a_model_with_maps(
    indexed: Collection, encoder: ColourEncoder, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sure:
        def judge(self, query: np.ndarray, kind: str) -> "Sure":
            return self

        def probability(self, scores: list[float]) -> np.ndarray:
            return np.ones(len(scores))

        def grades(self, scores: list[float]) -> list[str]:
            return ["strong"] * len(scores)

    monkeypatch.setattr(type(encoder), "relevance", lambda _: Sure())
    (tmp_path / "c.csv").write_text("image,caption\na/red.png,red\n")
    indexed.add_captions(tmp_path / "c.csv")
    assert indexed.answer("red").matched == 3
    captions = indexed.answer("red", target="caption")
    assert (captions.matched, captions.grades, captions.ungraded) == (None, None, "captions have no grades")


def test_a_photo_that_was_deleted_since_is_still_a_hit_and_marked(indexed: Collection, photos: Path) -> None:
    (photos / "a" / "red.png").unlink()
    answer = indexed.answer("red")
    assert (answer.hits[0].id, answer.hits[0].is_missing) == ("a/red.png", True)
    assert [hit.id for hit in answer.gone] == ["a/red.png"]
    assert sum(hit.is_missing for hit in answer.hits) == 1


@pytest.mark.parametrize("is_empty", [True, False])
def test_where_the_disk_is_not_mounted_the_folder_is_named_and_not_each_photo(
    make_photo: PhotoMaker, photos: Path, tmp_path: Path, is_empty: bool
) -> None:
    make_photo("red.png", "red")
    with Collection.create([photos], at=tmp_path / "own", model=ColourEncoder()) as collection:
        collection.index()
        photos.rename(tmp_path / "elsewhere")
        if is_empty:
            photos.mkdir()
        answer = collection.answer("red")
    assert answer.absent_folders == {"": str(photos)}
    assert answer.gone == []
    assert [hit.is_missing for hit in answer.hits] == [True]
