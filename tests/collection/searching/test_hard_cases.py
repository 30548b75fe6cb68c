"""Photos that go while a search runs, stores that find less, encoders that return nonsense."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalog_photos import put_photos
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import Query, Term
from twinlens.collection.searching.ranking.ranked import FETCHED_AT_ONCE, Candidates, page_of
from twinlens.collection.searching.search import Page, Search
from twinlens.errors import BundleError, ModelMismatchError, QueryError
from twinlens.protocols import EncodedImages, Neighbours
from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings, Ids, Pixels

QUERY = np.eye(8, dtype=np.float32)[0]


@pytest.fixture
def store(catalog: Catalog, tmp_path: Path) -> ExactStore:
    put_photos(catalog, [f"{number}.jpg" for number in range(5)])
    made = ExactStore(tmp_path / "exact", dim=8, owner="test")
    made.update(catalog.embeddings(catalog.select_ids()), np.empty(0, np.int64), generation=1)
    return made


def everything(scores: list[float]) -> np.ndarray:
    return np.ones(len(scores), dtype=bool)


def test_a_photo_that_went_after_the_filters_were_evaluated_is_no_candidate(
    catalog: Catalog, store: ExactStore
) -> None:
    candidates = Candidates(QUERY, store, among=np.array([1, 2, 99]), without=())
    ranked, matched = page_of(candidates, catalog, Page(k=10), everything)
    assert (len(ranked), matched, candidates.count) == (2, 2, 2)


def test_all_filtered_photos_may_have_gone(catalog: Catalog, store: ExactStore) -> None:
    candidates = Candidates(QUERY, store, among=np.array([98, 99]), without=(1,))
    assert page_of(candidates, catalog, Page(k=10), everything) == ([], 0)


def test_a_store_that_finds_fewer_ends_the_count(catalog: Catalog, store: ExactStore) -> None:
    class Forgetful:
        def __len__(self) -> int:
            return len(store)

        def ids(self) -> Ids:
            return store.ids()

        def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
            found = store.search(queries, k, among=among)
            return Neighbours(found.ids[:, :4], found.scores[:, :4])

    candidates = Candidates(QUERY, Forgetful(), among=None, without=())  # type: ignore[arg-type]
    ranked, matched = page_of(candidates, catalog, Page(k=10), everything)
    assert (len(ranked), matched) == (4, 4)


def test_matches_beyond_what_is_fetched_at_once_are_counted(catalog: Catalog, tmp_path: Path) -> None:
    count = 3 * FETCHED_AT_ONCE
    put_photos(catalog, [f"{number}.jpg" for number in range(count)])
    store = ExactStore(tmp_path / "exact", dim=8, owner="test")
    store.update(catalog.embeddings(catalog.select_ids()), np.empty(0, np.int64), generation=1)
    candidates = Candidates(QUERY, store, among=None, without=(1, 2))
    assert page_of(candidates, catalog, Page(k=1), everything)[1] == count - 2


def test_by_date_the_others_follow_the_matches_and_none_comes_twice(catalog: Catalog, store: ExactStore) -> None:
    with catalog.writing() as writer:
        writer.remove(1)  # one of two matches has gone from the catalog, not yet from the store
    between = (QUERY + np.roll(QUERY, 1)) / np.float32(np.sqrt(2))
    candidates = Candidates(between, store, among=None, without=())
    ranked, matched = page_of(candidates, catalog, Page(k=4, sort="date"), lambda scores: np.array(scores) > 0.5)
    assert [one.record.id for one in ranked] == [2, 3, 4]
    assert matched == 2


@pytest.fixture
def two(make_photo: PhotoMaker, photos: Path) -> Path:
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    return photos


class Odd(ColourEncoder):
    """An encoder that returns something else than it promised."""

    def __init__(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(fingerprint="odd", name="odd")
        self.change = change

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        return EncodedImages(self.change(super().encode_pixels(pixels).embeddings), None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: np.vstack([rows[:1], rows]), r"must return embeddings \[2, 8\], got \[3, 8\]"),
        (lambda rows: rows[1:], r"got \[1, 8\]"),
        (lambda rows: rows[:, :6], r"got \[2, 6\]"),
        (lambda rows: rows * np.nan, "not unit vectors"),
    ],
    ids=["one too many", "one too few", "narrower", "NaN"],
)
def test_embeddings_that_were_not_promised_are_never_kept(two: Path, change: Callable, message: str) -> None:
    with Collection.open(two, model=Odd(change)) as collection:
        with pytest.raises(BundleError, match=message):
            collection.index()
        assert len(collection) == 0
        assert collection.faults() == []


def test_a_text_vector_of_nan_is_refused(two: Path) -> None:
    class Nan(ColourEncoder):
        def encode_text(self, texts: list[str]) -> Embeddings:
            return super().encode_text(texts) * np.float32(np.nan)

    with Collection.open(two, model=Nan(fingerprint="nan", name="nan")) as collection:
        collection.index()
        with pytest.raises(BundleError, match="NaN for this query"):
            collection.search("red")


def test_a_photo_of_the_collection_is_asked_with_its_vector_of_now(
    two: Path, open_collection: Callable[..., Collection]
) -> None:
    collection = open_collection()
    collection.index()
    stale = np.roll(collection.encoder.encode_text(["blue"])[0], 3)
    query = Query((Term("photo", str(two / "red.png")),), "red.png", stale)
    hits = collection.answer(Search(query, include_query_photo=True)).hits
    assert (hits[0].id, hits[0].score) == ("red.png", pytest.approx(1.0, abs=1e-4))


@pytest.mark.parametrize("name", ["", " ", "."])
def test_an_encoder_needs_a_name(two: Path, name: str) -> None:
    with (
        Collection.open(two, model=ColourEncoder(fingerprint="own", name=name)) as collection,
        pytest.raises(ModelMismatchError, match="needs a name"),
    ):
        collection.index()


def test_an_encoder_cannot_take_the_name_of_another_model(two: Path) -> None:
    with (
        Collection.open(two, model=ColourEncoder(fingerprint="own", name="default")) as collection,
        pytest.raises(ModelMismatchError, match="'default' is the name of another model"),
    ):
        collection.index()


def test_an_unknown_store_leaves_no_collection_behind(two: Path) -> None:
    from twinlens.errors import UnknownPartError

    with pytest.raises(UnknownPartError):
        Collection.create(two, store="nope")
    assert not (two / ".twinlens").exists()


@pytest.fixture
def indexed(two: Path, open_collection: Callable[..., Collection]) -> Collection:
    collection = open_collection()
    collection.index()
    return collection


def test_numbers_of_numpy_are_numbers_and_nonsense_is_refused(indexed: Collection) -> None:
    assert len(indexed.search("red", k=np.int64(1))) == 1  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="target must be one of"):
        indexed.count(target="video")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="k must be at least 1"):
        indexed.browse(k=-1)
    with pytest.raises(QueryError, match="offset must be at least 0"):
        indexed.browse(offset=-1)


def test_beyond_the_end_no_probability_is_needed(indexed: Collection) -> None:
    assert indexed.search("red", min_probability=0.5, offset=10) == []
